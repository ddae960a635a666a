import type { IPAddr } from '@net/addr'
import type { DNSError } from '@net/contract'
import type { Ended, Ending } from '@net/io'
import { Answer, findAnswer } from './answer.ts'
import type { Found } from './cache.ts'
import { refusesEDNS } from './edns_support.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { PacketRequest, PooledSocket } from './pooled_socket.ts'
import type { Parser } from '../dns/parser.ts'
import { plainAddrs } from '../dns/plain_reply.ts'
import type { QueryMeans } from './query_means.ts'
import { QueryMessage } from './query_message.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { DNSConn } from './server_dial.ts'
import { askByStream, askOverStream } from './stream_query.ts'

/** Who asks a query, and is told by one call what came of it, perhaps before the call that asks has returned. */
export interface Asker {
  /** Takes the answer, or the error when no server has one; `type` is what was asked for. */
  answered(answer: Answer | DNSError, type: number): void
  /** Takes an answer that is nothing but addresses of the name asked for. Absent where that does not do. */
  answeredBy?(addrs: IPAddr[], type: number): void
  /** Takes why the lookup was ended. */
  abandoned(reason: unknown): void
}

/**
 * The way of a query from server to server, until one has an answer or says that there is none. Packets that are no replies
 * are passed over, until the time of a server is up; a truncated reply is asked for again over TCP. What comes of all this is
 * told by calls, as a promise and a function that waits cost more than all the rest.
 */
export class Round implements PacketRequest, Ended {
  server = ''
  start = 0
  end = 0
  declare message: QueryMessage // made for each server
  readonly #name: string
  readonly #type: number
  readonly #turn: number
  readonly #conf: ResolvConf
  readonly #means: QueryMeans
  readonly #ending: Ending | null
  readonly #asker: Asker
  #attempts = 0
  #edns0 = false
  #socket: PooledSocket | null = null
  #error: DNSError | null = null

  /**
   * Makes the round of a query for a rooted name, which {@link next} begins. `turn` is the number of the server that is asked
   * first, counted on past the last one; `ending` ends it when nobody waits for it any more, null means that this cannot be.
   */
  constructor(
    name: string,
    type: number,
    turn: number,
    conf: ResolvConf,
    means: QueryMeans,
    ending: Ending | null,
    asker: Asker,
  ) {
    this.#name = name
    this.#type = type
    this.#turn = turn
    this.#conf = conf
    this.#means = means
    this.#ending = ending
    this.#asker = asker
  }

  /** Asks the next server; ends with the last error after the last one. */
  next(): void {
    const { servers, attempts } = this.#conf
    const i = this.#attempts++
    if (i >= attempts * servers.length) {
      this.#asker.answered(this.#error ?? noSuchHost(this.#name), this.#type)
      return
    }
    this.server = servers[(this.#turn + i) % servers.length] ?? ''
    const { debug } = this.#means
    debug?.({ type: 'query', name: this.#name, rrtype: this.#type, server: this.server })
    try {
      this.message = this.#newMessage()
      if (this.#conf.useTCP) this.#dialStream('tcp')
      else this.#send()
    } catch (e) {
      this.failed(e) // The query cannot be written, or no socket can be made.
    }
  }

  #newMessage(): QueryMessage {
    const { edns, random } = this.#means
    this.#edns0 = edns.isExpectedOf(this.server)
    const id = random.uint32() & 0xffff
    return new QueryMessage(id, this.#name, this.#type, this.#conf.trustAD, this.#edns0)
  }

  #send(): void {
    this.start = this.#means.pool.clock.now()
    this.end = this.start + this.#conf.timeout
    this.#socket = this.#means.pool.ask(this)
    if (this.#socket === null) this.#dialStream('udp')
    else this.#ending?.add(this)
  }

  replied(bytes: Uint8Array, length: number): void {
    this.#leave()
    // The cache keeps whole replies.
    const isForAddrs = this.#asker.answeredBy !== undefined && this.#means.cache === null
    const addrs = isForAddrs ? plainAddrs(bytes, length, this.message.questionEnd, this.#type) : null
    if (addrs === null) this.#takePacket(this.message.readPacket(bytes, length))
    else this.#asker.answeredBy?.(addrs, this.#type)
  }

  #takePacket(reply: Parser): void {
    if (reply.questionsLeft !== 0) this.failed(new Error('invalid DNS response'))
    else if (reply.isTruncated) this.#dialStream('tcp')
    else this.#take(reply)
  }

  failed(e: unknown): void {
    this.#leave()
    if (this.#ending?.isOver === true) this.#asker.abandoned(this.#ending.reason)
    else this.#goOn(dnsError(e, this.#name, this.server))
  }

  gaveStream(stream: DNSConn | null): void {
    this.#leave()
    this.#means.pool.gaveStream(this.server)
    if (stream === null) this.#dialStream('udp')
    else this.#await(askOverStream(stream, this.message, this.end, this.#ending))
  }

  /** Takes the end of the whole lookup. */
  ended(reason: unknown): void {
    this.#socket?.drop(this, reason)
  }

  /** Waits at the socket no more. */
  #leave(): void {
    this.#socket = null
    this.#ending?.delete(this)
  }

  #dialStream(network: string): void {
    const { dial } = this.#means
    const { timeout } = this.#conf
    this.#await(askByStream(dial, network, this.server, this.message, timeout, this.#ending))
  }

  #await(reply: Promise<Parser>): void {
    reply.then(
      (parser) => {
        this.#take(parser)
      },
      (e: unknown) => {
        this.failed(e)
      },
    )
  }

  /** Takes what a reply says. */
  #take(reply: Parser): void {
    const { server } = this
    const { edns } = this.#means
    if (this.#edns0 && refusesEDNS(reply)) edns.refusedBy(server)
    let found: Found | null
    try {
      found = this.#kept(reply)
    } catch (e) {
      this.failed(e)
      return
    }
    if (found !== null) this.#asker.answered(new Answer(server, found), this.#type)
    else this.#goOn(noSuchHost(this.#name, server))
  }

  /** What a reply says; null when it says that there is no such name or record. The cache keeps it. */
  #kept(reply: Parser): Found | null {
    const { server } = this
    const { cache } = this.#means
    if (cache === null) return findAnswer(reply, this.#type, this.#name, server)
    const whole = reply.clone()
    const found = findAnswer(reply, this.#type, this.#name, server)
    cache.set(this.#name, this.#type, { server, found }, whole)
    return found
  }

  #goOn(error: DNSError): void {
    this.#error = error
    const { debug } = this.#means
    debug?.({ type: 'failure', name: this.#name, rrtype: this.#type, server: this.server, error })
    // Another server would not help where there is no such name.
    if (error.isNotFound) this.#asker.answered(error, this.#type)
    else this.next()
  }
}
