import type { DNSError } from '@net/contract'
import type { Ended } from '@net/io'
import { Answer, findAnswer } from './answer.ts'
import type { Found } from './cache.ts'
import { refusesEDNS } from './edns_support.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { PacketRequest, PooledSocket } from './pooled_socket.ts'
import type { Parser } from '../dns/parser.ts'
import type { Query } from './query.ts'
import { QueryMessage } from './query_message.ts'
import type { DNSConn } from './server_dial.ts'
import { askByStream, askOverStream } from './stream_query.ts'

/** Who asks a query, and is told by one call what came of it, perhaps before the call that asks has returned. */
export interface Asker {
  /** Takes the answer, or the error when no server has one; `type` is what was asked for. */
  answered(answer: Answer | DNSError, type: number): void
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
  readonly #query: Query
  readonly #asker: Asker
  #attempts = 0
  #edns0 = false
  #socket: PooledSocket | null = null
  #error: DNSError | null = null

  /** Makes the round of a query, which {@link next} begins. */
  constructor(query: Query, asker: Asker) {
    this.#query = query
    this.#asker = asker
  }

  /** Asks the next server; ends with the last error after the last one. */
  next(): void {
    const { name, type, turn, conf } = this.#query
    const { servers, attempts } = conf
    const i = this.#attempts++
    if (i >= attempts * servers.length) {
      this.#asker.answered(this.#error ?? noSuchHost(name), type)
      return
    }
    this.server = servers[(turn + i) % servers.length] ?? ''
    try {
      this.#ask()
    } catch (e) {
      this.failed(e)
    }
  }

  /** Asks the server. Throws when the query cannot be written, or no socket can be made. */
  #ask(): void {
    const { name, type, conf, means } = this.#query
    means.debug?.({ type: 'query', name, rrtype: type, server: this.server })
    this.#edns0 = means.edns.isExpectedOf(this.server)
    this.message = new QueryMessage(means.random.uint32() & 0xffff, name, type, conf.trustAD, this.#edns0)
    if (conf.useTCP) this.#dialStream('tcp')
    else if (means.pool.givesStreams(this.server)) this.#dialStream('udp')
    else this.#send()
  }

  #send(): void {
    const { conf, ending, means } = this.#query
    this.start = performance.now()
    this.end = this.start + conf.timeout
    this.#socket = means.pool.ask(this)
    ending.add(this)
  }

  replied(reply: Parser): void {
    this.#leave()
    if (reply.questionsLeft !== 0) this.failed(new Error('invalid DNS response'))
    else if (reply.isTruncated) this.#dialStream('tcp')
    else this.#take(reply)
  }

  failed(e: unknown): void {
    this.#leave()
    const { name, ending } = this.#query
    if (ending.isOver) this.#asker.abandoned(ending.reason)
    else this.#goOn(dnsError(e, name, this.server))
  }

  gaveStream(stream: DNSConn | null): void {
    this.#leave()
    const { ending, means } = this.#query
    means.pool.gaveStream(this.server)
    if (stream === null) this.#dialStream('udp')
    else this.#await(askOverStream(stream, this.message, this.end, ending))
  }

  /** Takes the end of the whole lookup. */
  ended(reason: unknown): void {
    this.#socket?.drop(this, reason)
  }

  /** Waits at the socket no more. */
  #leave(): void {
    this.#socket = null
    this.#query.ending.delete(this)
  }

  #dialStream(network: string): void {
    this.#await(askByStream(this.#query, network, this.server, this.message))
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
    const { name, type, means } = this.#query
    if (this.#edns0 && refusesEDNS(reply)) means.edns.refusedBy(this.server)
    let found: Found | null
    try {
      found = kept(this.#query, this.server, reply)
    } catch (e) {
      this.failed(e)
      return
    }
    if (found !== null) this.#asker.answered(new Answer(this.server, found), type)
    else this.#goOn(noSuchHost(name, this.server))
  }

  #goOn(error: DNSError): void {
    const { name, type, means } = this.#query
    this.#error = error
    means.debug?.({ type: 'failure', name, rrtype: type, server: this.server, error })
    // Another server would not help where there is no such name.
    if (error.isNotFound) this.#asker.answered(error, type)
    else this.next()
  }
}

/** What a reply says; null when it says that there is no such name or record. The cache keeps it. */
function kept({ name, type, means: { cache } }: Query, server: string, reply: Parser): Found | null {
  if (cache === null) return findAnswer(reply, type, name, server)
  const whole = reply.clone()
  const found = findAnswer(reply, type, name, server)
  cache.set(name, type, { server, found }, whole)
  return found
}
