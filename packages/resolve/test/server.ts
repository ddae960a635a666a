import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { createServer, type AddressInfo, type Server as TCPServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { decodeDNSMessage, encodeDNSMessage, type DNSMessage } from '../src/dns/message.ts'
import { CLASS_IN, RRType, type RR, type RRData } from '../src/dns/rr.ts'

/** A query that came to a server, and ways to answer it. */
export interface Asked {
  readonly network: 'udp' | 'tcp'
  readonly query: DNSMessage
  readonly name: string
  readonly type: number
  /** Sends bytes as they are: a packet, or a message with its length before it. */
  send(bytes: Uint8Array): void
  /** Sends the query back as a reply, changed. */
  reply(change?: Partial<DNSMessage>): void
  /** Sends bytes on the stream without a length, for what is not a message. */
  raw(bytes: Uint8Array): void
  /** Closes the stream. */
  hangUp(): void
}

/** A DNS server on 127.0.0.1, over UDP and TCP, that does with each query what a test says. */
export class Server implements AsyncDisposable {
  readonly #udp: Datagrams
  readonly #tcp: TCPServer
  readonly #streams = new Set<Socket>()
  readonly #answer: (asked: Asked) => void
  /** The queries that came. */
  readonly queries: DNSMessage[] = []
  /** The ports they came from, over UDP. */
  readonly ports: number[] = []

  private constructor(udp: Datagrams, tcp: TCPServer, answer: (asked: Asked) => void) {
    this.#udp = udp
    this.#tcp = tcp
    this.#answer = answer
    udp.on('message', (bytes, from) => {
      this.ports.push(from.port)
      const send = (b: Uint8Array): void => {
        udp.send(b, from.port, from.address)
      }
      this.#ask('udp', bytes, { send, raw: send, hangUp: () => {} })
    })
    tcp.on('connection', (socket) => {
      this.#serve(socket)
    })
  }

  static async start(answer: (asked: Asked) => void): Promise<Server> {
    // Both need the same port, which may be free for one and taken for the other.
    for (;;) {
      const tcp = createServer().listen(0, '127.0.0.1')
      await once(tcp, 'listening')
      const udp = createSocket('udp4').bind((tcp.address() as AddressInfo).port, '127.0.0.1')
      try {
        await once(udp, 'listening')
        return new Server(udp, tcp, answer)
      } catch {
        tcp.close()
      }
    }
  }

  /** Its address as host:port. */
  get address(): string {
    return `127.0.0.1:${this.#udp.address().port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#streams) socket.destroy()
    this.#udp.close()
    this.#tcp.close()
    await Promise.all([once(this.#udp, 'close'), once(this.#tcp, 'close')])
  }

  #serve(socket: Socket): void {
    this.#streams.add(socket)
    socket.on('close', () => this.#streams.delete(socket))
    socket.on('error', () => socket.destroy())
    let got = Buffer.alloc(0)
    socket.on('data', (data) => {
      got = Buffer.concat([got, data])
      const size = got.length < 2 ? Infinity : got.readUInt16BE(0)
      if (got.length < size + 2) return
      const send = (b: Uint8Array): void => {
        socket.write(Uint8Array.from([b.length >> 8, b.length & 0xff, ...b]))
      }
      this.#ask('tcp', got.subarray(2, size + 2), {
        send,
        raw: (b) => socket.write(b),
        hangUp: () => socket.end(),
      })
      got = got.subarray(size + 2)
    })
  }

  #ask(
    network: 'udp' | 'tcp',
    bytes: Uint8Array,
    ways: { send: (b: Uint8Array) => void; raw: (b: Uint8Array) => void; hangUp: () => void },
  ): void {
    const query = decodeDNSMessage(bytes)
    this.queries.push(query)
    const { name = '', type = 0 } = query.questions[0] ?? {}
    const reply = (change: Partial<DNSMessage> = {}): void => {
      const base = { response: true, recursionAvailable: true, additionals: [] }
      ways.send(encodeDNSMessage({ ...query, ...base, ...change }))
    }
    this.#answer({ network, query, name, type, reply, ...ways })
  }
}

/** A record. */
export function record(name: string, type: number, data: RRData, ttl = 60): RR {
  return { name, type, class: CLASS_IN, ttl, data }
}

/** A TXT record of one string. */
export function txt(name: string, text: string, ttl = 60): RR {
  return record(name, RRType.TXT, { kind: 'TXT', strings: [new TextEncoder().encode(text)] }, ttl)
}
