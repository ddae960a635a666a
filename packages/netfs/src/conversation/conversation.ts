import type { IP } from '@net/addr'
import type { Awaitable } from '@net/9p'
import type { IOOptions, NetOpenOptions } from '@net/contract'
import {
  type Address,
  destination,
  NO_ADDRESS,
  parseLocal,
  parseRemote,
  printAddress,
} from '../base/address.ts'
import { controlWords, leadingNumber } from '../base/control_message.ts'
import {
  ADDRESS_IN_USE,
  DENIED,
  fail,
  IN_USE,
  NO_ROUTE,
  NOT_LOCAL,
  Plan9Error,
  plan9Error,
  UNKNOWN_CONTROL,
} from '../base/errors.ts'
import { type Membership, parseMembership } from './memberships.ts'
import type { Protocol } from './protocol.ts'
import { Slot } from './slot.ts'

const MAX_ERRORS = 8 // reasons kept for the err file
const DEFAULT_TTL = 255 // Plan 9's, which leaves a socket the time to live that the host's system gave it
const RESTRICTED: readonly [number, number] = [600, 1023] // the ports of this end for `!r`

/** The address that a connect really goes to. */
export interface Destination extends Address {
  readonly ip: IP
}

/** A conversation, which the files below tcp/N and udp/N show. */
export abstract class Conversation extends Slot {
  readonly protocol: Protocol<Conversation>
  /** What the file local tells. */
  local: Address = NO_ADDRESS
  /** What the file remote tells. */
  remote: Address = NO_ADDRESS
  /** The time to live to set; null leaves the system's. */
  protected ttl: number | null = null
  /** The type of service to set; null leaves the system's. */
  protected tos: number | null = null
  /** Whether a datagram that came back does not end reading. */
  protected ignoresAdvice = false
  /** Whether it has connected or announced, or tried to. */
  protected hasBegun = false
  #errors: string[] = []

  /** Makes a free conversation. */
  constructor(number: number, protocol: Protocol<Conversation>) {
    super(number, protocol.session)
    this.protocol = protocol
  }

  override reset(): void {
    super.reset()
    this.local = this.remote = NO_ADDRESS
    this.ttl = this.tos = null
    this.ignoresAdvice = this.hasBegun = false
    this.#errors = []
  }

  /** Does what a control message asks. */
  async control(message: Uint8Array, options: IOOptions): Promise<void> {
    const words = controlWords(message)
    switch (words[0]) {
      case 'connect':
        this.#begin(words, 3)
        await this.#connect(words, options)
        break
      case 'announce':
        this.#begin(words, 2)
        await this.#announce(words)
        break
      case 'bind':
        if (words.length !== 2) fail('bad args to bind')
        // The address is only shown: as in a kernel of the 4th edition, a later connect chooses another port.
        this.local = portOrAny(parseLocal(words[1] ?? ''))
        break
      case 'ttl':
        this.ttl = unless(DEFAULT_TTL, leadingNumber(words[1], DEFAULT_TTL))
        this.applyOptions()
        break
      case 'tos':
        this.tos = unless(0, leadingNumber(words[1], 0))
        this.applyOptions()
        break
      case 'ignoreadvice':
        this.ignoresAdvice = true
        break
      case 'addmulti':
        this.join(parseMembership(words, this.remote.ip ?? this.local.ip))
        break
      case 'remmulti':
      case 'delmulti':
        this.leave(parseMembership(words, this.remote.ip ?? this.local.ip))
        break
      default:
        if (!(await this.command(words))) fail(UNKNOWN_CONTROL)
    }
  }

  /** Reads from data. */
  abstract read(p: Uint8Array, options: IOOptions): Awaitable<number>
  /** Writes to data. */
  abstract write(p: Uint8Array, options: IOOptions): Awaitable<number>
  /** Waits for a call and gives its conversation, held once. */
  abstract listen(options: NetOpenOptions): Promise<Conversation>
  /** The line of the file status, without the newline. */
  abstract status(): string

  /** The number of bytes that can be read from data at once. */
  get queued(): number {
    return 0
  }

  /** The next reason that the connection was told of; waits until there is one. */
  async nextError(options: IOOptions): Promise<string> {
    for (;;) {
      const text = this.#errors.shift()
      if (text !== undefined) return text
      await this.changed.wait(options)
    }
  }

  /** Keeps a reason for the err file. */
  protected report(reason: string): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(reason)
    this.changed.wakeAll()
  }

  /** What the file local or remote tells. */
  addressLine(which: 'local' | 'remote'): string {
    return `${printAddress(this[which])}\n`
  }

  /** Connects. Throws what went wrong. */
  protected abstract connect(local: Address | null, remote: Destination, options: IOOptions): Promise<void>
  /** Announces a port that the policy allows, or one of the target's choice when it is 0. Throws what went wrong. */
  protected abstract announce(local: Address): Promise<void>
  /** Does a control message of the protocol; false when it has none of that name. */
  protected abstract command(words: readonly string[]): Awaitable<boolean>
  /** Sets ttl and tos on what the target has given, where that can be done. */
  protected abstract applyOptions(): void
  /** Joins a multicast group, now or when it has announced. */
  protected abstract join(group: Membership): void
  /** Leaves a multicast group. */
  protected abstract leave(group: Membership): void

  /**
   * Throws "permission denied" when the policy does not allow a connect to `remote`, or lets nobody announce
   * the port of this end that the client has chosen.
   */
  protected checkConnect(local: Address | null, remote: Destination): void {
    const { name, session } = this.protocol
    session.check('connect', name, remote.ip, remote.port)
    if (local === null || local.port === 0) return
    session.check('announce', name, local.ip ?? session.stack.interfaces.localFor(remote.ip), local.port)
  }

  /** Throws "permission denied" when the policy does not allow to announce a port; `ip` null is every address. */
  protected checkAnnounce(ip: IP | null, port: number): void {
    this.session.check('announce', this.protocol.name, ip, port)
  }

  #begin(words: readonly string[], most: number): void {
    if (this.hasBegun) fail(IN_USE)
    this.hasBegun = true
    if (words.length < 2 || words.length > most) fail(`bad args to ${words[0] ?? ''}`)
  }

  async #connect(words: readonly string[], options: IOOptions): Promise<void> {
    const { ip, port, restricted } = parseRemote(words[1] ?? '')
    const remote = { ip: destination(ip), port }
    const local = words[2] === undefined ? null : portOrAny(parseLocal(words[2]))
    try {
      if (!restricted || (local?.port ?? 0) !== 0) await this.connect(local, remote, options)
      else await this.#connectRestricted(local?.ip ?? null, remote, options)
    } catch (e) {
      const error = plan9Error(e, options)
      // Where the client named no local address, it is the machine that has none of that family.
      throw local === null && !restricted && error.message === NOT_LOCAL ? new Plan9Error(NO_ROUTE) : error
    }
  }

  async #connectRestricted(ip: IP | null, remote: Destination, options: IOOptions): Promise<void> {
    const { epoch } = this
    for (let port = RESTRICTED[1]; port >= RESTRICTED[0]; port--) {
      try {
        await this.connect({ ip, port }, remote, options)
        return
      } catch (e) {
        if (this.epoch !== epoch || plan9Error(e).message !== ADDRESS_IN_USE) throw e
      }
    }
    fail('no ports available')
  }

  async #announce(words: readonly string[]): Promise<void> {
    const { ip, port } = parseLocal(words[1] ?? '')
    // An announcement of every port that nobody else has is for the owner of the machine.
    if (port === null) fail(DENIED)
    if (ip?.isUnspecified === true) fail(NOT_LOCAL)
    try {
      if (port !== 0) this.checkAnnounce(ip, port)
      await this.announce({ ip, port })
    } catch (e) {
      throw plan9Error(e)
    }
  }
}

// Gives an address of this end to the target, which chooses the port where it is `*`.
function portOrAny({ ip, port }: { readonly ip: IP | null; readonly port: number | null }): Address {
  return { ip, port: port ?? 0 }
}

// Gives a client's number; null when it is the usual one, which is not set.
function unless(usual: number, n: number): number | null {
  return n === usual ? null : n
}
