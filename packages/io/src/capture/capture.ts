import { ipv4, type Addr, type IP } from '@net/addr'
import { asError, type Conn, type Listener, type PacketConn } from '@net/contract'
import { joined } from '../index.ts'
import { DatagramFrames, StreamFrames, type Frame, type Frames } from './frames.ts'
import type { End } from './ip_packet.ts'
import { interfaceBlock, packetBlock, sectionBlock } from './pcapng.ts'
import { Tap, type Tapped } from './tap.ts'
import { TappedListener } from './tapped_listener.ts'

/** Where a capture goes: a file handle or stream of Node, a connection, or whatever else takes bytes. */
export interface CaptureSink {
  /**
   * Takes the next bytes, which are its own. Where it gives a promise, what goes through the connections waits
   * for it.
   */
  write(bytes: Uint8Array<ArrayBuffer>): unknown
}

const MADE_UP = 61_000 // the first port of ends that have none; what is put beside them tells what they are

/**
 * A capture file (pcapng) of what goes through connections, which Wireshark and tshark read: streams as TCP,
 * datagrams as UDP, between the addresses that the connections have; ends that are no addresses of IP, as those
 * of Unix sockets and pipes, get addresses of 127.0.0.0/8, and the first packet a comment with what they are.
 * A sink that fails ends the capture; the connections go on.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { Capture } from '@net/io/capture'
 *
 * let length = 0
 * const capture = new Capture({ write: (bytes) => void (length += bytes.byteLength) })
 * const [a, b] = pipe()
 * const tapped = capture.tap(a)
 * await Promise.all([tapped.write(new Uint8Array(100)), b.read(new Uint8Array(100))])
 * await Promise.all([tapped.close(), b.close()])
 * console.log(length > 100, capture.error) // true null
 * ```
 */
export class Capture {
  readonly #sink: CaptureSink
  readonly #interfaces = new Map<string, number>()
  #written: Promise<void> | null = null // while the sink is busy
  #error: Error | null = null
  #taps = 0

  /** Begins a capture, which writes the head of the file at once. The sink is not closed. */
  constructor(sink: CaptureSink) {
    this.#sink = sink
    void this.#write([sectionBlock()])
  }

  /** The error of the sink, after which nothing more is written; null while there is none. */
  get error(): Error | null {
    return this.#error
  }

  /**
   * Gives a connection that does what `conn` does, and whose bytes are captured. `conn` is not to be used
   * beside it, as what goes around it is not seen; nor is what uses its descriptor, by `file()` or
   * `syscallConn()`. Closing it closes `conn`. `accepted` says that the other end has dialled.
   */
  tap<C extends Conn | PacketConn>(conn: C, { accepted = false }: { readonly accepted?: boolean } = {}): C {
    const tapped = this.#tappedOf(conn, !accepted)
    void tapped.begin()
    return new Proxy(conn, new Tap(tapped)) as C
  }

  /** Gives a listener that does what `listener` does, and all whose connections are captured. */
  listener<C extends Conn, A extends Addr>(listener: Listener<C, A>): Listener<C, A> {
    return new Proxy(listener, new TappedListener<C, A>((conn) => this.tap(conn, { accepted: true })))
  }

  #tappedOf(conn: Conn | PacketConn, dialled: boolean): Tapped {
    const { localAddr } = conn
    const remoteAddr = 'remoteAddr' in conn ? conn.remoteAddr : localAddr
    const isStream = remoteAddr.network === 'unix' || !('readFrom' in conn)
    const number = this.#taps++
    const local = endOf(localAddr) ?? madeUp(1, number)
    const remote = endOf(remoteAddr) ?? madeUp(2, number)
    const frames: Frames = isStream
      ? new StreamFrames(local, remote, dialled)
      : new DatagramFrames(local, remote)
    const isKnown = endOf(localAddr) !== null || endOf(remoteAddr) !== null
    let comment = isKnown ? undefined : described(localAddr, remoteAddr)
    const put = (made: readonly Frame[]): Promise<void> | null => {
      const first = comment
      if (made.length > 0) comment = undefined
      return this.#put(remoteAddr.network, made, first)
    }
    return {
      begin: () => put(frames.begin()),
      data: (way, bytes, addr) => put(frames.data(way, bytes, endOf(addr) ?? remote)),
      end: (way) => put(frames.end(way)),
      reset: () => put(frames.reset()),
    }
  }

  #put(network: string, frames: readonly Frame[], comment?: string): Promise<void> | null {
    if (this.#error !== null || frames.length === 0) return this.#written
    const blocks: Uint8Array[] = []
    let index = this.#interfaces.get(network)
    if (index === undefined) {
      this.#interfaces.set(network, (index = this.#interfaces.size))
      blocks.push(interfaceBlock(network))
    }
    const at = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
    for (const [i, [direction, bytes]] of frames.entries()) {
      blocks.push(
        packetBlock({ interface: index, at, direction, bytes, comment: i === 0 ? comment : undefined }),
      )
    }
    return this.#write(blocks)
  }

  // Gives what there is to wait for, null where there is nothing.
  #write(blocks: readonly Uint8Array[]): Promise<void> | null {
    const bytes = joined(blocks)
    if (this.#written === null) {
      try {
        const writing = this.#sink.write(bytes)
        if (!isPromise(writing)) return null
        this.#written = this.#settled(writing)
      } catch (e) {
        this.#error = asError(e)
        return null
      }
    } else {
      this.#written = this.#settled(this.#written.then(() => this.#sink.write(bytes)))
    }
    return this.#written
  }

  // What the sink has done with bytes; it never rejects.
  #settled(writing: PromiseLike<unknown>): Promise<void> {
    const settled = Promise.resolve(writing).then(
      () => {
        if (this.#written === settled) this.#written = null
      },
      (e: unknown) => {
        this.#error ??= asError(e)
      },
    )
    return settled
  }
}

/**
 * Gives a connection that does what `conn` does, and whose bytes go to `sink` as a capture file of its own:
 * {@link Capture.tap}. Several connections in one file are the taps of one {@link Capture}.
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs'
 * import { devNull } from 'node:os'
 * import { dial, listen } from '@net/core'
 * import { tap } from '@net/io/capture'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const file = createWriteStream(devNull)
 * const client = tap(await dial('tcp', listener.addr.toString()), file)
 * await client.write(new TextEncoder().encode('seen'))
 * await Promise.all([client.close(), listener.close()])
 * file.end()
 * ```
 */
export function tap<C extends Conn | PacketConn>(conn: C, sink: CaptureSink): C {
  return new Capture(sink).tap(conn)
}

function isPromise(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function'
}

// The end that an address is; a port is 0 where a network has none.
function endOf(addr: Addr | undefined): End | null {
  if (addr === undefined || !('ip' in addr)) return null
  const { ip, port = 0 } = addr as { readonly ip: IP | null; readonly port?: number }
  return { ip: ip ?? ipv4(0, 0, 0, 0), port }
}

function madeUp(host: number, number: number): End {
  return { ip: ipv4(127, 0, 0, host), port: MADE_UP + (number % 4000) }
}

function described(local: Addr, remote: Addr): string {
  return `${remote.network} ${local.toString()}->${remote.toString()}`
}
