import { TCPAddr, UDPAddr } from '@net/addr'
import type { Conn, Listener, TCPSockGroup, UDPConn, UDPSockGroup } from '@net/contract'
import type { RR } from '@net/resolve'
import { answerBytes } from './answer.ts'
import { readZone, type Zone } from './zone.ts'

const PORT = 53
const LARGEST = 65_535 // bytes of a message in a stream

/** What a DNS server listens with. */
export type ServerSockets = Pick<TCPSockGroup, 'listenTCP'> & Pick<UDPSockGroup, 'listenUDP'>

/**
 * An authoritative DNS server of a zone, over UDP and TCP.
 *
 * @example
 * ```ts
 * import { SimNetwork } from '@net/sim'
 *
 * const sim = new SimNetwork({ seed: 1 })
 * const { host } = sim.dns('ns', { addrs: ['10.0.0.53/24'], zone: { 'www.example.com': { A: ['10.0.0.80'] } } })
 * const client = sim.host('client', { addrs: ['10.0.0.1/24'], resolvConf: 'nameserver 10.0.0.53\n' })
 * sim.link(host, client)
 * await sim.run(async () => {
 *   console.log(await client.target.lookupHost('www.example.com').then(String)) // 10.0.0.80
 * })
 * ```
 */
export class DNSServer implements AsyncDisposable {
  readonly #records: Map<string, RR[]>
  readonly #open = new Set<{ close(): Promise<void>; unref(): void }>()

  /** Makes a server that does not listen yet. Throws a TypeError for what is no address in the zone. */
  constructor(zone: Zone, origin?: string) {
    this.#records = readZone(zone, origin)
  }

  /** Listens on port 53 of every address, until {@link close}. Rejects with what the sockets reject with. */
  async listen(sockets: ServerSockets): Promise<void> {
    const packets = await sockets.listenUDP('udp', new UDPAddr(null, PORT))
    this.#keep(packets)
    const streams = await sockets.listenTCP('tcp', new TCPAddr(null, PORT))
    this.#keep(streams)
    // A server that is closed or whose host has crashed ends; there is nobody to tell.
    this.#packets(packets).catch(() => {})
    this.#streams(streams).catch(() => {})
  }

  /** Takes other records in place of the zone's. Throws a TypeError for what is no address. */
  replace(zone: Zone, origin?: string): void {
    this.#records.clear()
    for (const [name, records] of readZone(zone, origin)) this.#records.set(name, records)
  }

  /** Answers nobody any more: closes what it listens on and its connections. It never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((x) => x.close()))
    this.#open.clear()
  }

  /** Closes it, as {@link close}; it never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #keep(x: { close(): Promise<void>; unref(): void }): void {
    x.unref()
    this.#open.add(x)
  }

  async #packets(conn: UDPConn): Promise<void> {
    for await (const [query, from] of conn) {
      const answer = answerBytes(this.#records, query, true)
      // Who asked may be gone, or not be reached; the next one can be.
      if (answer !== null) await conn.writeTo(answer, from).catch(() => {})
    }
  }

  async #streams(listener: Listener): Promise<void> {
    for await (const conn of listener) {
      this.#keep(conn)
      this.#stream(conn)
        .catch(() => {}) // the peer is gone
        .finally(() => {
          this.#open.delete(conn)
          return conn.close()
        })
        .catch(() => {})
    }
  }

  async #stream(conn: Conn): Promise<void> {
    const head = new Uint8Array(2)
    const body = new Uint8Array(LARGEST)
    while (await readFull(conn, head)) {
      const query = body.subarray(0, ((head[0] ?? 0) << 8) | (head[1] ?? 0))
      if (!(await readFull(conn, query))) return
      const answer = answerBytes(this.#records, query, false)
      if (answer === null) return
      const message = new Uint8Array(2 + answer.byteLength)
      message.set([answer.byteLength >> 8, answer.byteLength & 0xff])
      message.set(answer, 2)
      await conn.write(message)
    }
  }
}

/** Reads until a buffer is full; false when the stream has ended before. */
async function readFull(conn: Conn, p: Uint8Array): Promise<boolean> {
  for (let at = 0; at < p.byteLength;) {
    const n = await conn.read(p.subarray(at))
    if (n === null) return false
    at += n
  }
  return true
}
