import type { DNSError } from '@net/contract'
import { Answer, findAnswer } from './answer.ts'
import type { DNSCache, Found } from './cache.ts'
import type { Cancellation } from './cancellation.ts'
import type { Dial } from './dial.ts'
import type { ResolverEvent } from './event.ts'
import { Exchange, type Asker } from './exchange.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { Parser } from '../dns/parser.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { SocketPool } from './socket_pool.ts'

/** What a question needs beside the configuration. */
export interface QuestionOptions {
  /** Makes connections to servers; null when there is no way to. */
  readonly dial: Dial | null
  /** Keeps replies; null for none. */
  readonly cache: DNSCache | null
  /** Told what happens; undefined for nobody. */
  readonly debug: ((event: ResolverEvent) => void) | undefined
}

/** A question that is put to the servers of a configuration, one after the other, until one has an answer. */
export class Question implements Asker {
  readonly #name: string
  readonly #type: number
  readonly #conf: ResolvConf
  readonly #options: QuestionOptions
  readonly #pool: SocketPool
  readonly #cancellation: Cancellation
  readonly #resolve: (answer: Answer | DNSError) => void
  readonly #reject: (reason: Error) => void
  #turn: number
  #left: number
  #server = ''

  /**
   * Makes a question about a rooted name, for the server whose turn it is and those behind it. `resolve` gets the answer,
   * or the error when no server has one; `reject` the reason of the cancellation.
   */
  constructor(
    name: string,
    type: number,
    conf: ResolvConf,
    turn: number,
    options: QuestionOptions,
    pool: SocketPool,
    cancellation: Cancellation,
    resolve: (answer: Answer | DNSError) => void,
    reject: (reason: Error) => void,
  ) {
    this.#name = name
    this.#type = type
    this.#conf = conf
    this.#turn = turn
    this.#left = conf.attempts * conf.servers.length
    this.#options = options
    this.#pool = pool
    this.#cancellation = cancellation
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Asks the next server. */
  ask(): void {
    if (this.#left-- <= 0) {
      this.#resolve(noSuchHost(this.#name))
      return
    }
    const { servers, timeout, useTCP, trustAD } = this.#conf
    const { dial, debug } = this.#options
    const [name, type, server] = [this.#name, this.#type, servers[this.#turn++ % servers.length] ?? '']
    this.#server = server
    try {
      if (dial === null) throw new Error('the resolver has no dial to reach DNS servers with')
      debug?.({ type: 'query', name, rrtype: type, server })
      const how = { dial, pool: this.#pool, timeout, useTCP, trustAD }
      new Exchange(server, name, type, how, this.#cancellation, this).begin()
    } catch (e) {
      this.failed(e)
    }
  }

  replied(reply: Parser): void {
    let found: Found | null
    try {
      found = this.#find(reply)
    } catch (e) {
      this.failed(e)
      return
    }
    if (found === null) this.#fail(noSuchHost(this.#name, this.#server))
    else this.#resolve(new Answer(this.#server, found))
  }

  failed(e: unknown): void {
    const { reason } = this.#cancellation
    if (reason === undefined) this.#fail(dnsError(e, this.#name, this.#server))
    else this.#reject(reason)
  }

  #fail(error: DNSError): void {
    const [name, rrtype, server] = [this.#name, this.#type, this.#server]
    this.#options.debug?.({ type: 'failure', name, rrtype, server, error })
    // Another server would not help where there is no such name.
    if (error.isNotFound || this.#left === 0) this.#resolve(error)
    else this.ask()
  }

  #find(reply: Parser): Found | null {
    const { cache } = this.#options
    if (cache === null) return findAnswer(reply, this.#type, this.#name, this.#server)
    const whole = reply.clone()
    const found = findAnswer(reply, this.#type, this.#name, this.#server)
    cache.set(this.#name, this.#type, { server: this.#server, found }, whole)
    return found
  }
}
