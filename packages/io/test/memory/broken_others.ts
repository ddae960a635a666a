import { ErrClosed, isErr, OpError, type IOOptions } from '@net/contract'
import { type MemoryAddr, type MemoryConn, memoryPair } from './conn.ts'
import { MemoryListener } from './listener.ts'
import { MemoryPacketConn } from './packet_conn.ts'

/** Listeners that each break one promise: what is broken, the statement that must notice, the listener. */
export const brokenListeners: readonly (readonly [string, string, typeof MemoryListener])[] = [
  [
    'does not end what is pending on close',
    'close() takes effect before it returns',
    class extends MemoryListener {
      override async close(): Promise<void> {
        await Promise.resolve()
      }
    },
  ],
  [
    'throws from for await on close',
    'ends quietly on close()',
    class extends MemoryListener {
      override async *[Symbol.asyncIterator](): AsyncIterableIterator<MemoryConn> {
        for (;;) yield await this.accept()
      }
    },
  ],
  [
    'ends for await quietly at a deadline',
    'for await throws what is not the end',
    class extends MemoryListener {
      override async *[Symbol.asyncIterator](): AsyncIterableIterator<MemoryConn> {
        for (;;) {
          const c = await this.accept().catch(() => null)
          if (c === null) return
          yield c
        }
      }
    },
  ],
  [
    'closes on break',
    'break leaves the listener as it is',
    class extends MemoryListener {
      override async *[Symbol.asyncIterator](): AsyncIterableIterator<MemoryConn> {
        try {
          for (;;) yield await this.accept()
        } finally {
          await this.close()
        }
      }
    },
  ],
  [
    'accepts ahead in for await and loses what comes after break',
    'break leaves the listener as it is',
    class extends MemoryListener {
      override async *[Symbol.asyncIterator](): AsyncIterableIterator<MemoryConn> {
        let next = this.accept()
        for (;;) {
          const c = await next
          next = this.accept()
          next.catch(() => {})
          yield c
        }
      }
    },
  ],
  [
    'loses a connection to a cancelled accept',
    'the next connection goes to the next accept()',
    class extends MemoryListener {
      override accept(options?: IOOptions): Promise<MemoryConn> {
        const { signal } = options ?? {}
        const accepted = super.accept()
        if (signal === undefined) return accepted
        accepted.catch(() => {})
        return new Promise((resolve, reject) => {
          accepted.then(resolve, reject)
          if (signal.aborted) reject(signal.reason as Error)
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        })
      }
    },
  ],
  [
    'ignores deadlines',
    'a deadline ends accept()',
    class extends MemoryListener {
      override setDeadline(): void {
        // That is what is broken.
      }
    },
  ],
  [
    'can be reached after close',
    'a closed listener cannot be reached',
    class extends MemoryListener {
      override async dial(): Promise<MemoryConn> {
        return super.dial().catch(() => memoryPair()[0])
      }
    },
  ],
  [
    'closes its connections with itself',
    'close() of a listener leaves its connections alone',
    class extends MemoryListener {
      readonly #accepted: MemoryConn[] = []
      override async accept(options?: IOOptions): Promise<MemoryConn> {
        const c = await super.accept(options)
        this.#accepted.push(c)
        return c
      }
      override async close(): Promise<void> {
        await super.close()
        for (const c of this.#accepted) await c.close()
      }
    },
  ],
  [
    'names another operation in its errors',
    'close() takes effect before it returns',
    class extends MemoryListener {
      override opError(_: string, cause: Error): Error {
        return new OpError('listen', 'memory', null, this.addr, cause)
      }
    },
  ],
]

/** Packet connections that each break one promise. */
export const brokenPacketConns: readonly (readonly [string, string, typeof MemoryPacketConn])[] = [
  [
    'tells the length of the whole packet when it is cut',
    'a packet larger than the buffer is cut',
    class extends MemoryPacketConn {
      override async readFrom(p: Uint8Array, options?: IOOptions): Promise<[number, MemoryAddr]> {
        const whole = new Uint8Array(2000)
        const [n, from] = await super.readFrom(whole, options)
        p.set(whole.subarray(0, p.byteLength))
        return [n, from]
      }
    },
  ],
  [
    'keeps the rest of a packet for the next read',
    'a packet larger than the buffer is cut',
    class extends MemoryPacketConn {
      override async readFrom(p: Uint8Array, options?: IOOptions): Promise<[number, MemoryAddr]> {
        const first = this.queue[0]
        const result = await super.readFrom(p, options)
        if (first !== undefined && first[0].byteLength > p.byteLength) {
          this.queue.unshift([first[0].slice(p.byteLength), first[1]])
        }
        return result
      }
    },
  ],
  [
    'drops empty packets',
    'an empty packet is a packet',
    class extends MemoryPacketConn {
      override async writeTo(p: Uint8Array, addr: MemoryAddr, options?: IOOptions): Promise<number> {
        return p.byteLength === 0 ? 0 : super.writeTo(p, addr, options)
      }
    },
  ],
  [
    'names the wrong sender',
    'carry a packet with its sender',
    class extends MemoryPacketConn {
      override async readFrom(p: Uint8Array, options?: IOOptions): Promise<[number, MemoryAddr]> {
        const [n] = await super.readFrom(p, options)
        return [n, this.localAddr]
      }
    },
  ],
  [
    'uses one buffer for all packets of an iteration',
    'each packet in a buffer of its own',
    class extends MemoryPacketConn {
      override async *[Symbol.asyncIterator](): AsyncIterableIterator<[Uint8Array<ArrayBuffer>, MemoryAddr]> {
        const p = new Uint8Array(2000)
        try {
          for (;;) yield await this.receive(p)
        } catch (e) {
          if (!isErr(e, ErrClosed)) throw e
        }
      }
    },
  ],
  [
    'ignores read deadlines',
    'a read deadline ends readFrom()',
    class extends MemoryPacketConn {
      override setReadDeadline(): void {
        // That is what is broken.
      }
    },
  ],
  [
    'sends more than a packet holds',
    'is EMSGSIZE',
    class extends MemoryPacketConn {
      override async writeTo(p: Uint8Array, addr: MemoryAddr): Promise<number> {
        await super.writeTo(p.subarray(0, 2000), addr)
        return p.byteLength
      }
    },
  ],
  [
    'does not end what is pending on close',
    'close() takes effect before it returns',
    class extends MemoryPacketConn {
      override async close(): Promise<void> {
        this.writes.close()
      }
    },
  ],
]
