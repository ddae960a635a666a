import { asError, isError } from '@net/contract'
import { turnTaken } from '@net/io'

// Asked of the process, as an import of node:fs would load Node's streams with it.
const { closeSync, existsSync, openSync, readFileSync, readSync, statSync } =
  process.getBuiltinModule('node:fs')

/** How long a file that was read is trusted before it is looked at again, in milliseconds. */
export const FILE_MAX_AGE = 5000

// Parsing a file of this many bytes takes a few milliseconds. Larger ones are parsed in pieces, of this
// many bytes.
const SMALL = 262_144
const PIECE = 4096

/** Parses a text that comes in pieces, which may end anywhere, and yields after each. */
export type PiecewiseParser<T> = (pieces: Iterable<string>) => Generator<undefined, T>

/**
 * A configuration file of the system, parsed and kept. It is looked at again when five seconds have passed
 * since it last was, and read again when its time or size has changed. A missing file is looked for each
 * time; one that cannot be read counts as missing. Reading is synchronous: these files are local, and
 * nothing waits for the thread pool.
 *
 * @example
 * ```ts
 * import { SystemFile } from '@net/resolve'
 *
 * const file = new SystemFile('/no/such/file', (text, error) => text ?? error?.message)
 * console.log(file.get()) // open /no/such/file: no such file or directory
 * ```
 */
export class SystemFile<T> {
  /** The file's path. */
  readonly path: string
  readonly #parse: (text: string | null, error: Error | null) => T
  readonly #maxAge: number
  readonly #piecewise: PiecewiseParser<T> | null
  #value: T | undefined
  #state = 'unread'
  #checked = -Infinity
  #size = 0 // The size in bytes when the file was last looked at.
  #loading: Promise<T> | null = null

  /**
   * Makes a reader. `parse` gets the file's text, or null and the error of opening it. `maxAge` is the
   * number of milliseconds for which the file is not looked at again; absent means {@link FILE_MAX_AGE}.
   * `piecewise` is how large files are parsed by {@link load}; absent and null mean that they are not
   * expected.
   */
  constructor(
    path: string,
    parse: (text: string | null, error: Error | null) => T,
    maxAge = FILE_MAX_AGE,
    piecewise: PiecewiseParser<T> | null = null,
  ) {
    this.path = path
    this.#parse = parse
    this.#maxAge = maxAge
    this.#piecewise = piecewise
  }

  /** What the file says now, give or take five seconds. Never throws because of the file. */
  get(): T {
    return this.#current() ?? (this.#value = this.#read())
  }

  /**
   * What {@link get} gives, without stopping the event loop for a large file: while that is read, in pieces
   * between which the loop has its turns, it is a promise. It never rejects because of the file.
   */
  load(): T | Promise<T> {
    if (this.#loading !== null) return this.#loading
    const value = this.#current()
    if (value !== undefined) return value
    if (this.#piecewise === null || this.#size <= SMALL) return (this.#value = this.#read())
    this.#loading = this.#readPieces(this.#piecewise)
    return this.#loading
  }

  /** Until when what was read is believed, in milliseconds since the epoch; a file that is missing is looked for each time. */
  get trustedUntil(): number {
    return this.#state === 'missing' ? -Infinity : this.#checked + this.#maxAge
  }

  /** What was parsed last, unless it is to be read again. */
  #current(): T | undefined {
    // The clock of the wall costs a tenth of the monotonic one, and where it was set back the file is looked at again.
    const now = Date.now()
    const age = now - this.#checked
    if (age >= 0 && age < this.#maxAge && this.#state !== 'missing') return this.#value
    this.#checked = now
    const state = this.#stat()
    if (state === this.#state) return this.#value
    this.#state = state
    return undefined
  }

  #stat(): string {
    this.#size = 0
    try {
      const s = statSync(this.path, { throwIfNoEntry: false, bigint: true })
      if (s === undefined) return 'missing'
      this.#size = Number(s.size)
      return `${s.mtimeNs} ${s.size}`
    } catch {
      return 'missing' // What cannot be looked at cannot be read either, and reading gives the error.
    }
  }

  async #readPieces(piecewise: PiecewiseParser<T>): Promise<T> {
    try {
      const steps = piecewise(pieces(this.path))
      for (;;) {
        const { done, value } = steps.next()
        if (done === true) return (this.#value = value)
        await turnTaken()
      }
    } catch (e) {
      return (this.#value = this.#parse(null, openError(this.path, e)))
    } finally {
      this.#loading = null
    }
  }

  #read(): T {
    let text: string
    try {
      text = readFileSync(this.path, 'utf8')
    } catch (e) {
      return this.#parse(null, openError(this.path, e))
    }
    return this.#parse(text, null)
  }
}

/** The text of a file in pieces. */
function* pieces(path: string): Generator<string> {
  const fd = openSync(path, 'r')
  try {
    const decoder = new TextDecoder()
    const buffer = new Uint8Array(PIECE)
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer))
      yield decoder.decode(buffer.subarray(0, n), { stream: true })
    yield decoder.decode()
  } finally {
    closeSync(fd)
  }
}

/** Whether there is a file of this path. */
export function fileExists(path: string): boolean {
  return existsSync(path)
}

const openErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
}

function openError(path: string, e: unknown): Error {
  const code = isError(e) && 'code' in e && typeof e.code === 'string' ? e.code : ''
  const text = openErrors[code] ?? asError(e).message
  return Object.assign(new Error(`open ${path}: ${text}`, { cause: e }), { code })
}
