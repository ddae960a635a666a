import { openSync } from 'node:fs'
import { OpError, type IOOptions } from '@net/contract'
import type { BrokenConn } from './broken_conns.ts'
import { Channel, MemoryConn } from './conn.ts'

/** Connections that each break one promise about close, arguments, halves, errors or streams. */
export const brokenEnds: readonly BrokenConn[] = [
  [
    'does not end what is pending on close',
    'CloseTimeout',
    class extends MemoryConn {
      override async close(): Promise<void> {
        await this.closeWrite()
      }
    },
  ],
  [
    'closes a little later',
    'after close() nothing is read or written',
    class extends MemoryConn {
      override async close(): Promise<void> {
        // A read may wait for the event loop to turn before it takes what is there.
        do await new Promise((resolve) => setImmediate(resolve))
        while (this.reads.busy)
        await super.close()
      }
    },
  ],
  [
    'refuses to be closed twice',
    'close() may be called again',
    class extends MemoryConn {
      override async close(): Promise<void> {
        if (this.reads.closed !== null) throw new Error('closed twice')
        await super.close()
      }
    },
  ],
  [
    'fails with a plain error after close',
    'close() takes effect before it returns',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        if (this.reads.closed !== null) throw new Error('closed')
        return super.read(p, options)
      }
    },
  ],
  [
    'does not close on disposal',
    '[Symbol.asyncDispose]() closes',
    class extends MemoryConn {
      override async [Symbol.asyncDispose](): Promise<void> {
        // That is what is broken.
      }
    },
  ],
  [
    'takes everything from a writer',
    'a reader that stops makes the writer wait',
    class extends MemoryConn {
      override async write(p: Uint8Array): Promise<number> {
        void super.write(p.slice()).catch(() => {})
        return p.byteLength
      }
    },
  ],
  [
    'waits with an empty buffer',
    'an empty buffer gives 0 at once',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        if (p.byteLength > 0) return super.read(p, options)
        await super.read(new Uint8Array(1), options)
        return 0
      }
    },
  ],
  [
    'takes a string for a buffer',
    'of what is no Uint8Array are TypeErrors',
    class extends MemoryConn {
      override async write(p: Uint8Array | string): Promise<number> {
        return super.write(typeof p === 'string' ? new TextEncoder().encode(p) : p)
      }
    },
  ],
  [
    'fills the whole buffer behind a view',
    'read() fills the part of a buffer',
    class extends MemoryConn {
      override async read(p: Uint8Array): Promise<number | null> {
        const n = await super.read(p)
        if (p.buffer.byteLength > p.byteLength) new Uint8Array(p.buffer)[0] = 0
        return n
      }
    },
  ],
  [
    'sends a buffer after the write has settled',
    'a buffer may be changed as soon as',
    class extends MemoryConn {
      override async write(p: Uint8Array): Promise<number> {
        setTimeout(() => void super.write(p).catch(() => {}), 0)
        return p.byteLength
      }
    },
  ],
  [
    'takes a reset for the end',
    'a reset fails read() with ECONNRESET',
    class extends MemoryConn {
      override reset(): Promise<void> {
        return this.close()
      }
    },
  ],
  [
    'shuts both sides down with closeWrite()',
    'closeWrite() lets the peer read to the end',
    class extends MemoryConn {
      override async closeWrite(): Promise<void> {
        await super.closeWrite()
        await super.closeRead()
      }
    },
  ],
  [
    'goes on reading after closeRead()',
    'closeRead() ends pending and later reads',
    class extends MemoryConn {
      override async closeRead(): Promise<void> {
        // That is what is broken.
      }
    },
  ],
  [
    'calls reading writing',
    'ReadTimeout:',
    class extends MemoryConn {
      override opError(_: string, cause: Error): Error {
        return super.opError('write', cause)
      }
    },
  ],
  [
    'forgets the addresses in errors',
    'ReadTimeout:',
    class extends MemoryConn {
      override opError(op: string, cause: Error): Error {
        return new OpError(op, 'memory', null, null, cause)
      }
    },
  ],
  [
    'writes messages of its own',
    'ReadTimeout:',
    class extends MemoryConn {
      override opError(op: string, cause: Error): Error {
        return Object.assign(super.opError(op, cause), { message: 'reading took too long' })
      }
    },
  ],
  [
    'has a readable that is no byte stream',
    'readable is a byte stream',
    class extends MemoryConn {
      override get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
        return new ReadableStream<Uint8Array<ArrayBuffer>>({})
      }
    },
  ],
  [
    'survives aborting its writable',
    'aborting writable closes the connection',
    class extends MemoryConn {
      readonly #writable = new WritableStream<Uint8Array>({
        write: async (chunk) => {
          await this.write(chunk)
        },
      })
      override get writable(): WritableStream<Uint8Array> {
        return this.#writable
      }
    },
  ],
  [
    'reads ahead without bound for its readable',
    'readable that is not read makes the writer wait',
    class extends MemoryConn {
      readonly #readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: async (controller) => {
          const p = new Uint8Array(Channel.size)
          for (let n = await this.read(p); n !== null; n = await this.read(p))
            controller.enqueue(p.slice(0, n))
          controller.close()
        },
      })
      override get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
        return this.#readable
      }
    },
  ],
  [
    'leaves a descriptor open',
    'leave no descriptor and no handle',
    class extends MemoryConn {
      readonly fd = openSync('/proc/self/status', 'r')
    },
  ],
]
