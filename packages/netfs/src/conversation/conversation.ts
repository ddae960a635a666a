import type { IP } from '@net/addr'
import type { Awaitable } from '@net/9p'
import type { IOOptions, NetOpenOptions } from '@net/contract'
import {
  type Address,
  NO_ADDRESS,
  parseLocal,
  parseNumeric,
  parseRemote,
  printAddress,
} from '../base/address.ts'
import { controlWords, leadingNumber } from '../base/control_message.ts'
import { BAD_IP, DENIED, fail, IN_USE, INTERRUPTED, plan9Error, UNKNOWN_CONTROL } from '../base/errors.ts'
import { Condition } from '../base/condition.ts'
import type { Membership } from './memberships.ts'
import { OWNER } from '../base/node.ts'
import type { Account } from '../account/account.ts'
import type { Protocol } from './protocol.ts'

const PERM = 0o660
const MAX_ERRORS = 8 // reasons kept for the err file
const RESTRICTED: readonly [number, number] = [600, 1023] // the ports of this end for `!r`

/**
 * A conversation, which the files below tcp/N and udp/N show. It lives while something holds it: a fid open
 * on its ctl, data or err, or an open of its listen that waits. When the last lets go, it is closed, and its
 * number is free when the target has closed what it had.
 */
export abstract class Conversation {
  readonly number: number
  readonly protocol: Protocol<Conversation>
  /** Who opened it. */
  owner = OWNER
  /** The permissions of its ctl, data, err and listen. */
  perm = PERM
  /** What the file local tells. */
  local: Address = NO_ADDRESS
  /** What the file remote tells. */
  remote: Address = NO_ADDRESS
  /** The time to live to set; 255 is Plan 9's default, and the system's stays. */
  protected ttl = 255
  /** The type of service to set. */
  protected tos = 0
  protected ignoreAdvice = false
  /** Whether it has connected or announced, or tried to. */
  protected spent = false
  /** Counts the closes, so that an operation which waited for the target sees whether one came meanwhile. */
  protected epoch = 0
  /** Requests that wait for the end of the conversation, or for a reason in its err file. */
  protected readonly changed = new Condition()
  #references = 0
  #keeping = 0
  #closing: Promise<void> | null = null
  #errors: string[] = []

  /** Makes a free conversation. */
  constructor(number: number, protocol: Protocol<Conversation>) {
    this.number = number
    this.protocol = protocol
  }

  /** The session it belongs to. */
  get session(): Account {
    return this.protocol.session
  }

  /** Whether it can be had by opening clone. */
  get isFree(): boolean {
    return this.#references === 0 && this.#closing === null
  }

  /** Whether something holds it. */
  get isOpen(): boolean {
    return this.#references > 0
  }

  /** Adds a reference, for `user` when there was none. */
  hold(user = OWNER): void {
    if (this.#references++ > 0) return
    this.owner = user
    this.perm = PERM
    this.session.countConversation(1)
  }

  /** Takes a reference away; the last one closes the conversation. Resolves when that is done. */
  async release(): Promise<void> {
    if (--this.#references > 0) return
    this.owner = OWNER
    this.perm = PERM
    await this.end()
    this.session.countConversation(-1)
  }

  /** Counts data files whose pending reads and writes keep the process alive. */
  keep(change: 1 | -1): void {
    this.#keeping += change
    this.refer()
  }

  /** Whether what is pending keeps the process alive. */
  protected get keeps(): boolean {
    return this.#keeping > 0
  }

  /** Closes what the target has given, whoever holds the conversation. */
  async end(): Promise<void> {
    const before = this.#closing
    const closing = Promise.all([before, this.shutdown()]).then(() => {
      if (this.#closing === closing) this.#closing = null
    })
    this.#closing = closing
    this.changed.wakeAll()
    await closing
  }

  /** Makes it like new. */
  reset(): void {
    this.local = this.remote = NO_ADDRESS
    this.ttl = 255
    this.tos = 0
    this.ignoreAdvice = this.spent = false
    this.#errors = []
  }

  /** Does what a control message asks. */
  async control(message: Uint8Array, options: IOOptions): Promise<void> {
    const words = controlWords(message)
    switch (words[0]) {
      case 'connect':
        await this.#begin('connect', words, 3, () => this.#connect(words, options))
        break
      case 'announce':
        await this.#begin('announce', words, 2, () => this.#announce(words))
        break
      case 'bind':
        if (words.length !== 2) fail('bad args to bind')
        this.#bind(words[1] ?? '')
        break
      case 'ttl':
        this.ttl = leadingNumber(words[1], 255)
        this.tune()
        break
      case 'tos':
        this.tos = leadingNumber(words[1], 0)
        this.tune()
        break
      case 'ignoreadvice':
        this.ignoreAdvice = true
        break
      case 'addmulti':
        this.join(membership(words, this.multicastDefault))
        break
      case 'remmulti':
      case 'delmulti':
        this.leave(membership(words, this.multicastDefault))
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

  /** The next reason that the connection was told of; waits until there is one. */
  async nextError(options: IOOptions): Promise<string> {
    for (;;) {
      const text = this.#errors.shift()
      if (text !== undefined) return text
      await this.changed.wait(options)
    }
  }

  /** The number of bytes that can be read from data at once. */
  get queued(): number {
    return 0
  }

  /** What the file local or remote tells. */
  addressLine(which: 'local' | 'remote'): string {
    return `${printAddress(this[which])}\n`
  }

  /**
   * Throws "permission denied" for a port of this end, chosen by the client, that the policy lets nobody
   * announce.
   */
  protected checkLocal(network: 'tcp' | 'udp', local: Address | null, remote: IP | null): void {
    if (local === null || local.port === 0) return
    const likely = remote === null ? null : this.session.stack.interfaces.localFor(remote)
    this.session.check('announce', network, local.ip ?? likely, local.port)
  }

  /** Keeps a reason for the err file. */
  protected tell(reason: string): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(reason)
    this.changed.wakeAll()
  }

  /** Connects. Throws what went wrong. */
  protected abstract connect(local: Address | null, remote: Address, options: IOOptions): Promise<void>
  /** Announces; `ip` null is every address. */
  protected abstract announce(local: Address): Promise<void>
  /** Does a control message of the protocol; false when it has none of that name. */
  protected abstract command(words: readonly string[]): Awaitable<boolean>
  /** Closes whatever the target has given. */
  protected abstract shutdown(): Promise<void>
  /** Tells what the target has given whether it {@link keeps} the process alive. */
  protected abstract refer(): void
  /** Sets ttl and tos on what the target has given, where that can be done. */
  protected abstract tune(): void
  /** Joins a multicast group, now or when it has announced. */
  protected abstract join(group: Membership): void
  /** Leaves a multicast group. */
  protected abstract leave(group: Membership): void

  /** The group that addmulti without one means. */
  protected get multicastDefault(): IP | null {
    return this.remote.ip ?? this.local.ip
  }

  async #begin(
    verb: string,
    words: readonly string[],
    most: number,
    act: () => Promise<void>,
  ): Promise<void> {
    if (this.spent) fail(IN_USE)
    this.spent = true
    if (words.length < 2 || words.length > most) fail(`bad args to ${verb}`)
    await act()
  }

  async #connect(words: readonly string[], options: IOOptions): Promise<void> {
    const remote = parseRemote(words[1] ?? '')
    const from = words[2] === undefined ? null : parseLocal(words[2])
    const local = from === null ? null : { ip: from.ip, port: from.port ?? 0 }
    try {
      if (!remote.restricted || (local?.port ?? 0) !== 0) await this.connect(local, remote, options)
      else await this.#connectRestricted(local?.ip ?? null, remote, options)
    } catch (e) {
      throw plan9Error(e, options.signal)
    }
    if (this.isOpen) return
    // All files of the conversation were closed while it connected.
    await this.end()
    fail(INTERRUPTED)
  }

  async #connectRestricted(ip: IP | null, remote: Address, options: IOOptions): Promise<void> {
    for (let port = RESTRICTED[1]; port >= RESTRICTED[0]; port--) {
      try {
        await this.connect({ ip, port }, remote, options)
        return
      } catch (e) {
        if (plan9Error(e).message !== 'address in use') throw e
      }
    }
    fail('no ports available')
  }

  async #announce(words: readonly string[]): Promise<void> {
    const { ip, port } = parseLocal(words[1] ?? '')
    // An announcement of every port that nobody else has is for the owner of the machine.
    if (port === null) fail(DENIED)
    if (ip?.isUnspecified === true) fail('not a local IP address')
    try {
      await this.announce({ ip, port })
    } catch (e) {
      throw plan9Error(e)
    }
    if (this.isOpen) return
    await this.end()
    fail(INTERRUPTED)
  }

  // As in a kernel of the 4th edition, a later connect chooses another port.
  #bind(text: string): void {
    const { ip, port } = parseLocal(text)
    this.local = { ip, port: port ?? 0 }
  }
}

function membership(words: readonly string[], usual: IP | null): Membership {
  if (words[1] === undefined) fail(`${words[0] ?? ''} needs interface address`)
  const ifc = parseNumeric(words[1]) ?? fail(BAD_IP)
  const group = words[2] === undefined ? usual : (parseNumeric(words[2]) ?? fail(BAD_IP))
  return group?.isMulticast === true ? { ifc, group } : fail('addmulti for a non multicast address')
}
