import { ErrDeadlineExceeded, OpError, type Deadline, type IOOptions } from '@net/contract'
import { MemoryConn } from './conn.ts'

/** What is broken, the statement that must notice, and the connection. */
export type BrokenConn = readonly [what: string, statement: string, Conn: typeof MemoryConn]

let flips = 0

/** Connections that each break one promise about data, deadlines, signals or order. */
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
]
