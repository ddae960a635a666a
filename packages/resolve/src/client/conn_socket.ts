import { OpError, type Message, isError } from '@net/contract'
import { turnTaken } from '@net/io'
import { UDP_SIZE } from '../dns/message.ts'
import type { OpenPacketSocket, PacketReceiver, PacketSocket } from './packet_socket.ts'
import { closeConn, DialScope, serverAddr, type DNSConn, type ServerDial } from './server_dial.ts'

// One byte more than is asked for shows that a packet was larger, and has been cut.
const BUFFER_SIZE = UDP_SIZE + 1

/** The most packets that are read by one call. */
const MAX_BATCH = 16

// The buffers of closed sockets are kept for the next ones, but not all that a burst of lookups needed.
const MAX_KEPT_BUFFERS = 64
const keptBuffers: Message[][] = []

const settled = Promise.resolve()

/** What the sockets over one dial have in common. */
interface ConnMeans {
  /** Makes the connections. */
  readonly dial: ServerDial
  /** Whether connections are believed to take batches; a connection that refuses one sets it to false. */
  batches: boolean
}

/** Sockets of packets over connections, which `dial` gives. */
export function connSockets(dial: ServerDial): OpenPacketSocket {
  const means: ConnMeans = { dial, batches: true }
  return (server, receiver, end) => new ConnSocket(means, server, receiver, end)
}

/** A socket of packets over a connection of the contract: what one turn of the loop sends goes together. */
class ConnSocket implements PacketSocket {
  readonly isRenewable = false
  readonly #means: ConnMeans
  readonly #server: string
  readonly #receiver: PacketReceiver
  readonly #dialling: DialScope
  #conn: DNSConn | null = null
  #unsent: Uint8Array[] = []
  #reading = false
  #closed = false

  /** Dials at once. */
  constructor(means: ConnMeans, server: string, receiver: PacketReceiver, end: number) {
    this.#means = means
    this.#server = server
    this.#receiver = receiver
    this.#dialling = new DialScope(undefined, end, false)
    void this.#dial()
  }

  get isConnected(): boolean {
    return this.#conn !== null
  }

  send(packet: Uint8Array): void {
    if (this.#unsent.push(packet) > 1 || this.#conn === null) return
    // A reaction of a promise and not queueMicrotask(), as Node makes an object of its own kind for each of those.
    void settled.then(() => {
      this.#flush()
    })
  }

  renew(): boolean {
    return false
  }

  readError(cause: Error): Error {
    const { localAddr = null, remoteAddr } = this.#conn ?? {}
    return new OpError('read', 'udp', localAddr, remoteAddr ?? serverAddr('udp', this.#server), cause)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#conn === null) this.#dialling.end(new Error('no query waits for the connection any more'))
    else closeConn(this.#conn)
  }

  async #dial(): Promise<void> {
    try {
      this.#connected(await this.#means.dial('udp', this.#server, this.#dialling))
    } catch (e) {
      await Promise.resolve() // The dial may have thrown at once, when nobody waited here yet.
      this.#fail(e)
    }
  }

  #connected(conn: DNSConn): void {
    if (this.#closed) {
      closeConn(conn)
    } else if (conn.readFrom === undefined) {
      this.#closed = true
      this.#receiver.gaveStream(conn)
    } else {
      this.#conn = conn
      this.#flush()
    }
  }

  #flush(): void {
    const conn = this.#conn
    const packets = this.#unsent
    if (conn === null || this.#closed) return
    this.#unsent = []
    const first = packets[0]
    if (first !== undefined && packets.length === 1) this.#write(conn, first)
    else void this.#writeAll(conn, packets)
    if (!this.#reading) void this.#read(conn)
  }

  #write(conn: DNSConn, packet: Uint8Array): void {
    conn.write(packet).catch((e: unknown) => {
      this.#fail(e)
    })
  }

  async #writeAll(conn: DNSConn, packets: readonly Uint8Array[]): Promise<void> {
    let sent = 0
    if (this.#means.batches && conn.writeBatch !== undefined) {
      try {
        sent = await conn.writeBatch(packets.map((buffer): Message => ({ buffer, n: 0, addr: null })))
      } catch (e) {
        if (this.#closed) return
        if (!this.#refuses(e)) sent = numberOf(e, 'n') ?? 0
      }
    }
    for (const packet of packets.slice(sent)) this.#write(conn, packet)
  }

  async #read(conn: DNSConn): Promise<void> {
    this.#reading = true
    const messages = keptBuffers.pop() ?? []
    while (this.#receiver.waiting > 0) {
      try {
        const count = await this.#readInto(conn, messages)
        for (const { buffer, n } of messages.slice(0, count)) this.#receiver.received(buffer, n)
      } catch (e) {
        this.#fail(e)
      }
      const turn = turnTaken() // Anyone can send packets here, and without end.
      if (turn !== null) await turn
    }
    this.#reading = false
    if (keptBuffers.length < MAX_KEPT_BUFFERS) keptBuffers.push(messages)
  }

  /** Reads what has come, for as many queries as wait. Gives how many packets there are in `messages`. */
  async #readInto(conn: DNSConn, messages: Message[]): Promise<number> {
    const batches = conn.readBatch !== undefined && this.#means.batches
    const wanted = batches ? Math.min(this.#receiver.waiting, MAX_BATCH) : 1
    while (messages.length < wanted) messages.push({ buffer: new Uint8Array(BUFFER_SIZE), n: 0, addr: null })
    const first = messages[0]
    if (conn.readBatch !== undefined && wanted > 1) {
      try {
        return await conn.readBatch(messages.slice(0, wanted))
      } catch (e) {
        if (!this.#refuses(e)) throw e
      }
    }
    if (first === undefined) return 0
    const n = await conn.read(first.buffer)
    if (n === null) throw new Error('EOF')
    first.n = n
    return 1
  }

  /**
   * Whether an error means that the connection takes no batches: an error without a number of the system's
   * does.
   */
  #refuses(e: unknown): boolean {
    if (this.#closed || isTimeout(e) || numberOf(e, 'errno') !== undefined) return false
    this.#means.batches = false
    return true
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#receiver.failed(error)
  }
}

function isTimeout(e: unknown): boolean {
  return isError(e) && 'timeout' in e && e.timeout === true
}

function numberOf(e: unknown, key: 'n' | 'errno'): number | undefined {
  const value: unknown = isError(e) ? Object.getOwnPropertyDescriptor(e, key)?.value : undefined
  return typeof value === 'number' ? value : undefined
}
