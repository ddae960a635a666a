import type { IP } from '@net/addr'
import { DENIED, fail, NO_DEVICES } from '../base/errors.ts'
import type { Operation } from './policy.ts'
import type { Stack } from './stack.ts'

/** What one client may do and has used up. */
export class Account {
  readonly stack: Stack
  /** Bytes of datagrams that wait here to be read. */
  queued = 0
  #ended = false

  /** Opens the account of a client of `stack`. */
  constructor(stack: Stack) {
    this.stack = stack
    stack.activity.countSession(1)
  }

  /** Throws "permission denied" for what the policy does not allow. */
  check(operation: Operation, network: 'tcp' | 'udp', ip: IP | null, port: number): void {
    if (this.stack.gate.allows(operation, network, ip, port)) return
    this.stack.activity.denied++
    fail(DENIED)
  }

  /** Whether a call or datagram from `ip` may come in; one that may not is counted. */
  admits(network: 'tcp' | 'udp', ip: IP | null): boolean {
    if (ip === null || this.stack.gate.admits(network, ip)) return true
    this.stack.activity.denied++
    return false
  }

  /** Throws "permission denied" for a multicast group with which the policy allows nothing. */
  checkGroup(group: IP): void {
    if (this.stack.gate.reaches(group)) return
    this.stack.activity.denied++
    fail(DENIED)
  }

  /** Throws "no free devices" when no conversation may begin. */
  admit(): void {
    const { activity, limits } = this.stack
    if (this.#ended || activity.conversations >= limits.totalConversations) fail(NO_DEVICES)
  }

  /** Makes room for a datagram that waits; false when there is none. */
  reserve(bytes: number): boolean {
    if (this.queued + bytes > this.stack.limits.queuedBytes) return false
    this.queued += bytes
    return true
  }

  /** Closes the account: nothing more may begin. */
  protected endAccount(): void {
    if (this.#ended) return
    this.#ended = true
    this.stack.activity.countSession(-1)
  }
}
