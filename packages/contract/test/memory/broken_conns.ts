import { openSync } from 'node:fs'
import { ErrDeadlineExceeded, OpError, type Deadline, type IOOptions } from '../../src/index.ts'
import { Channel, MemoryConn } from './conn.ts'

/** What is broken, the statement that must notice, and the connection. */
export type BrokenConn = readonly [what: string, statement: string, Conn: typeof MemoryConn]

let flips = 0

/** Connections that each break one promise. */
export const brokenConns: readonly BrokenConn[] = [
  [
    'loses the last byte of each write',
    'BasicIO',
    class extends MemoryConn {
      override async write(p: Uint8Array, options?: IOOptions): Promise<number> {
        await super.write(p.byteLength > 1 ? p.subarray(0, -1) : p, options)
        return p.byteLength
      }
    },
  ],
  [
    'gives the end of the stream as 0',
    'read() gives null at the end only',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number> {
        return (await super.read(p, options)) ?? 0
      }
    },
  ],
  [
    'gives the end of the stream once, then waits',
    'read() gives null at the end only',
    class extends MemoryConn {
      #ended = false
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        if (this.#ended) return new Promise(() => {})
        const n = await super.read(p, options)
        this.#ended = n === null
        return n
      }
    },
  ],
  [
    'flips a bit now and then',
    'MiB in chunks of random size',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        const n = await super.read(p, options)
        if (n !== null && n > 0 && ++flips % 200 === 0) p[0] = (p[0] ?? 0) ^ 1
        return n
      }
    },
  ],
  [
    'ignores read deadlines',
    'ReadTimeout:',
    class extends MemoryConn {
      override setReadDeadline(): void {
        // That is what is broken.
      }
    },
  ],
  [
    'ignores write deadlines',
    'WriteTimeout:',
    class extends MemoryConn {
      override setWriteDeadline(): void {
        // That is what is broken.
      }
    },
  ],
  [
    'lets the read deadline hold for writes',
    'a read deadline does not touch write()',
    class extends MemoryConn {
      override setReadDeadline(t: Deadline): void {
        this.setDeadline(t)
      }
    },
  ],
  [
    'comes early with deadlines',
    'FutureTimeout',
    class extends MemoryConn {
      override setDeadline(t: Deadline): void {
        super.setDeadline(typeof t === 'number' && t > Date.now() ? Date.now() + (t - Date.now()) / 2 : t)
      }
    },
  ],
  [
    'never clears a deadline',
    'setReadDeadline(null) takes the deadline',
    class extends MemoryConn {
      override setReadDeadline(t: Deadline): void {
        if (t !== null) super.setReadDeadline(t)
      }
    },
  ],
  [
    'forgets a deadline once it has passed',
    'goes on failing reads',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        try {
          return await super.read(p, options)
        } catch (e) {
          super.setReadDeadline(null)
          throw e
        }
      }
    },
  ],
  [
    'closes when a deadline passes',
    'FutureTimeout',
    class extends MemoryConn {
      override opError(op: string, cause: Error): Error {
        if (cause === ErrDeadlineExceeded) queueMicrotask(() => void this.close())
        return super.opError(op, cause)
      }
    },
  ],
  [
    'limits only the first read with a timeout',
    'limits each later read() anew',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        const reading = super.read(p, options)
        super.setReadTimeout(0)
        return reading
      }
    },
  ],
  [
    'tells a wrong n',
    'tells in n how many bytes went',
    class extends MemoryConn {
      override async write(p: Uint8Array, options?: IOOptions): Promise<number> {
        try {
          return await super.write(p, options)
        } catch (e) {
          if (e instanceof OpError) e.n = 1000
          throw e
        }
      }
    },
  ],
  [
    'has no time for signals',
    'a signal ends what is pending',
    class extends MemoryConn {
      override read(p: Uint8Array): Promise<number | null> {
        return super.read(p)
      }
    },
  ],
  [
    'wraps the reason of a signal',
    'an aborted signal fails read()',
    class extends MemoryConn {
      override async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        return super.read(p, options).catch((e: unknown) => {
          throw options?.signal?.aborted === true ? this.opError('read', new Error(String(e))) : e
        })
      }
    },
  ],
  [
    'closes when a signal aborts',
    'a signal ends what is pending',
    class extends MemoryConn {
      override read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        options?.signal?.addEventListener('abort', () => void this.close(), { once: true })
        return super.read(p, options)
      }
    },
  ],
  [
    'leaves a listener on the signal',
    'no listener stays on a signal',
    class extends MemoryConn {
      override read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        options?.signal?.addEventListener('abort', () => {})
        return super.read(p, options)
      }
    },
  ],
  [
    'lets a cancelled read take data',
    'a cancelled read() takes no data',
    class extends MemoryConn {
      override read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
        const { signal } = options ?? {}
        const reading = super.read(p)
        if (signal === undefined) return reading
        return Promise.race([
          reading,
          new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error)
            })
          }),
        ])
      }
    },
  ],
  [
    'sends a write although it was cancelled in the queue',
    'a write() cancelled while it waits',
    class extends MemoryConn {
      override write(p: Uint8Array, options?: IOOptions): Promise<number> {
        const { signal } = options ?? {}
        const writing = super.write(p)
        if (signal === undefined) return writing
        return new Promise((resolve, reject) => {
          const abort = (): void => {
            reject(signal.reason as Error)
          }
          signal.addEventListener('abort', abort, { once: true })
          writing.then(resolve, reject).finally(() => {
            signal.removeEventListener('abort', abort)
          })
        })
      }
    },
  ],
  [
    'reorders writes',
    'ten writes in a queue arrive',
    class extends MemoryConn {
      override async write(p: Uint8Array, options?: IOOptions): Promise<number> {
        if (p[0] === 3) await new Promise((resolve) => setTimeout(resolve, 20))
        return super.write(p, options)
      }
    },
  ],
  [
    'serves the last read first',
    'ten reads in a queue get data',
    class extends MemoryConn {
      readonly #stack: (() => void)[] = []
      override read(p: Uint8Array): Promise<number | null> {
        return new Promise((resolve, reject) => {
          this.#stack.push(() => {
            super.read(p).then(resolve, reject)
          })
          setTimeout(() => this.#stack.pop()?.(), 5)
        })
      }
    },
  ],
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
        await Promise.resolve()
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
