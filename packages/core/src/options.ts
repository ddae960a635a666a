import type { Addr } from '@net/addr'
import type { DialOptions, IOOptions, ListenOptions, LookupGroup } from '@net/contract'

/** Options of dialling by name, what Go calls a Dialer. */
export interface DialerOptions extends DialOptions {
  /**
   * How long the dial may take in all, in milliseconds: the lookup of names and every attempt together. 0 and absence
   * mean no limit but the system's, a negative number that the time is over. With `deadline` the earlier one counts.
   */
  readonly timeout?: number | undefined
  /** The local address to dial from; it must be of the network dialled. Absent and `null` leave it to the stack. */
  readonly localAddr?: Addr | null | undefined
  /**
   * For TCP names with several addresses: how long to wait, in milliseconds, before dialling the next address beside those
   * that have not answered yet (RFC 8305, section 5); one that fails lets the next begin at once. Absent and 0 mean 300, a
   * negative number that one is tried after the other, each for its share of the time.
   */
  readonly fallbackDelay?: number | undefined
  /** Looks names, services and protocols up; absent means the Net's own. */
  readonly resolver?: LookupGroup | undefined
}

/** Options of listening by name, what Go calls a ListenConfig. */
export interface ListenerOptions extends ListenOptions, IOOptions {
  /** Looks names, services and protocols up; absent means the Net's own. */
  readonly resolver?: LookupGroup | undefined
}
