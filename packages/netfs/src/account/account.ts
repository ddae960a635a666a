import type { IP } from '@net/addr'
import { DENIED, fail, NO_DEVICES } from '../base/errors.ts'
import type { Ifc } from '../base/interfaces.ts'
import type { Operation } from './policy.ts'
import type { Peer } from './peer.ts'
import type { Stack } from './stack.ts'

const CONVERSATION_SIZE = 2048 // bytes that each number of a conversation counts, until the session ends

/** The account of one session: what its client may do, and how much it has used. */
export class Account {
  readonly stack: Stack
  /** The peer that the session belongs to, perhaps with other sessions. */
  readonly peer: Peer
  /** How many conversations are held. */
  conversations = 0
  #queued = 0 // bytes of datagrams and answers that wait to be read
  #numbers = 0 // how many conversations were ever made, all of which keep their numbers
  #ended = false

  /** Opens an account of a client of `stack`. */
  constructor(stack: Stack, peer: Peer) {
    this.stack = stack
    this.peer = peer
    stack.activity.countSession(1)
    peer.sessions.take(1)
  }

  /** Throws "permission denied" when the policy does not allow the operation, and counts that. */
  check(operation: Operation, network: 'tcp' | 'udp', ip: IP | null, port: number): void {
    if (this.stack.rules.allows(operation, network, ip, port)) return
    this.stack.activity.denied++
    fail(DENIED)
  }

  /** Whether a call or datagram from `ip` may come in; one that may not is counted. */
  admits(network: 'tcp' | 'udp', ip: IP | null): boolean {
    if (ip === null || this.stack.rules.admits(network, ip)) return true
    this.stack.activity.denied++
    return false
  }

  /** Throws "permission denied" for a multicast group with which the policy allows nothing. */
  checkGroup(group: IP): void {
    if (this.stack.rules.reaches(group)) return
    this.stack.activity.denied++
    fail(DENIED)
  }

  /** The interfaces, with those of their addresses with which the policy allows anything. */
  async interfaces(): Promise<readonly Ifc[]> {
    const { interfaces, rules } = this.stack
    return (await interfaces.list()).map((ifc) => {
      const addrs = ifc.addrs.filter(({ ip }) => rules.reaches(ip))
      const isHidden = addrs.length === 0 && ifc.addrs.length > 0
      return { ...ifc, addrs, hardwareAddr: isHidden ? null : ifc.hardwareAddr }
    })
  }

  /** Throws "no free devices" when no conversation may begin. */
  admit(): void {
    if (this.#ended || !this.peer.conversations.has(1)) fail(NO_DEVICES)
  }

  /** Counts a conversation that begins, or -1 when it has ended. */
  countConversation(change: 1 | -1): void {
    this.conversations += change
    this.peer.conversations.take(change)
    this.stack.activity.countConversation(change)
  }

  /** Counts bytes that the client has read from a conversation. */
  countRead(bytes: number): void {
    this.stack.activity.bytesRead += bytes
    this.peer.bytesRead += bytes
  }

  /** Counts bytes that the client has written to a conversation. */
  countWritten(bytes: number): void {
    this.stack.activity.bytesWritten += bytes
    this.peer.bytesWritten += bytes
  }

  /**
   * Counts a number that no conversation had before. Throws "no free devices" when there is no room for it.
   */
  addNumber(): void {
    if (!this.peer.hasRoom(CONVERSATION_SIZE)) fail(NO_DEVICES)
    this.peer.hold(CONVERSATION_SIZE)
    this.#numbers++
  }

  /** Makes room for a datagram or an answer that waits; false when there is none. */
  reserve(bytes: number): boolean {
    if (this.#queued + bytes > this.stack.limits.queuedBytes || !this.peer.hasRoom(bytes)) return false
    this.#queued += bytes
    this.peer.hold(bytes)
    return true
  }

  /** Gives back what {@link reserve} made room for. */
  free(bytes: number): void {
    this.#queued -= bytes
    this.peer.hold(-bytes)
  }

  /** Closes the account: nothing more may begin. */
  protected endAccount(): void {
    if (this.#ended) return
    this.#ended = true
    this.peer.hold(-CONVERSATION_SIZE * this.#numbers)
    this.peer.sessions.take(-1)
    this.stack.activity.countSession(-1)
  }
}
