import type { Target } from '@net/contract'
import type { IP } from '@net/addr'
import { Activity } from './activity.ts'
import { DENIED, fail, NO_DEVICES } from './errors.ts'
import { Interfaces } from './interfaces.ts'
import { fullLimits, type FullLimits, type Limits } from './limits.ts'
import { Names } from './names.ts'
import { NdbText } from './ndb.ts'
import { Gatekeeper, type Operation, type Policy } from './policy.ts'
import { Protocol } from './protocol.ts'
import { TCPConversation } from './tcp_conversation.ts'
import { Turnstile } from './turnstile.ts'
import { UDPConversation } from './udp_conversation.ts'

/** Options of every tree. */
export interface TreeOptions {
  /** What may be reached; absent: whatever the target reaches. */
  readonly policy?: Policy | undefined
  /** How much may be used. */
  readonly limits?: Limits | undefined
}

/** What the sessions of one tree share. */
export class Stack {
  readonly target: Target
  readonly gate: Gatekeeper
  readonly limits: FullLimits
  readonly names: Names
  readonly interfaces: Interfaces
  readonly activity = new Activity()

  /** Makes the stack of a target. Throws for options that make no sense. */
  constructor(target: Target, options: TreeOptions = {}) {
    this.target = target
    this.gate = new Gatekeeper(options.policy)
    this.limits = fullLimits(options.limits)
    this.names = new Names(target)
    this.interfaces = new Interfaces(target)
  }
}

/** What one client has: its conversations and its /net/ndb, which nobody else sees. */
export class Session {
  readonly stack: Stack
  readonly tcp: Protocol
  readonly udp: Protocol
  readonly ndb: NdbText
  /** Queries that are looked up. */
  readonly lookups: Turnstile
  /** Bytes of datagrams that wait here to be read. */
  queued = 0
  #ended = false

  /** Makes a session without conversations. */
  constructor(stack: Stack) {
    this.stack = stack
    this.tcp = new Protocol('tcp', 1, this, (n, p) => new TCPConversation(n, p))
    this.udp = new Protocol('udp', 2, this, (n, p) => new UDPConversation(n, p))
    this.ndb = new NdbText(stack.interfaces)
    this.lookups = new Turnstile(stack.limits.lookups)
    stack.activity.countSession(1)
  }

  /** Throws "permission denied" for what the policy does not allow. */
  check(operation: Operation, network: 'tcp' | 'udp', ip: IP | null, port: number): void {
    if (this.stack.gate.allows(operation, network, ip, port)) return
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

  /** Ends every conversation, whatever is open. Resolves when the target has let go of all of them. */
  async end(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true
      this.stack.activity.countSession(-1)
    }
    await Promise.all([this.tcp.end(), this.udp.end()])
  }
}
