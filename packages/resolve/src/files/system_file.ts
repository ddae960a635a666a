import { existsSync, readFileSync, statSync } from 'node:fs'

/** How long a file that was read is trusted before it is looked at again, in milliseconds. */
export const FILE_MAX_AGE = 5000

/**
 * A configuration file of the system, parsed and kept. It is looked at again when five seconds have passed since it
 * last was, and read again when its time or size has changed. A missing file is looked for each time; one that
 * cannot be read counts as missing. Reading is synchronous: these files are small and local, and nothing waits for
 * the thread pool.
 */
export class SystemFile<T> {
  /** The file's path. */
  readonly path: string
  readonly #parse: (text: string | null, error: Error | null) => T
  readonly #maxAge: number
  #value: T | undefined
  #state = 'unread'
  #checked = -Infinity

  /**
   * Makes a reader. `parse` gets the file's text, or null and the error of opening it. `maxAge` is the number of
   * milliseconds for which the file is not looked at again; absent means {@link FILE_MAX_AGE}.
   */
  constructor(path: string, parse: (text: string | null, error: Error | null) => T, maxAge = FILE_MAX_AGE) {
    this.path = path
    this.#parse = parse
    this.#maxAge = maxAge
  }

  /** What the file says now, give or take five seconds. Never throws because of the file. */
  get(): T {
    const now = performance.now()
    const value = this.#value
    if (value !== undefined && this.#state !== 'missing' && now - this.#checked < this.#maxAge) return value
    this.#checked = now
    const state = this.#stat()
    if (value !== undefined && state === this.#state) return value
    this.#state = state
    return (this.#value = this.#read())
  }

  #stat(): string {
    try {
      const s = statSync(this.path, { throwIfNoEntry: false, bigint: true })
      return s === undefined ? 'missing' : `${s.mtimeNs} ${s.size}`
    } catch {
      return 'missing' // what cannot be looked at cannot be read either; reading gives the error
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
  const code = e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : ''
  const text = openErrors[code] ?? (e instanceof Error ? e.message : String(e))
  return Object.assign(new Error(`open ${path}: ${text}`, { cause: e }), { code })
}
