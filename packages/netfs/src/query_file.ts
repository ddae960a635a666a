import type { OpenFile, TreeNode } from '@net/9p'
import type { IOOptions } from '@net/contract'
import { fail, INTERRUPTED } from './errors.ts'

const MAX = 1024 // bytes of a query
const MAX_ANSWERS = 512 // of a query

/** What answers the queries that are written to a file: a list of answers, or an error to give for the write. */
export type Answer = (query: string, offset: number, options: IOOptions) => Promise<readonly string[]>

/**
 * An open cs or dns: a write asks, the reads that follow give the answers one by one. Answers stand in a row, and the offset
 * tells where a read begins; it does not go beyond the end of an answer. A new query, and one that fails, forgets them.
 */
export class QueryFile implements OpenFile {
  readonly node: TreeNode
  readonly iounit = 8192
  readonly #program: string
  readonly #answer: Answer
  #answers: Uint8Array[] = []
  #busy = false

  /** Makes the file of a program, 'cs' or 'dns', whose errors begin with its name. */
  constructor(node: TreeNode, program: string, answer: Answer) {
    this.node = node
    this.#program = program
    this.#answer = answer
  }

  /** Gives what is left of the answer at the offset; 0 behind the last one. */
  read(p: Uint8Array, offset: number): number {
    let at = offset
    for (const answer of this.#answers) {
      if (at < answer.length) {
        const part = answer.subarray(at, at + p.length)
        p.set(part)
        return part.length
      }
      at -= answer.length
    }
    return 0
  }

  /** Asks. */
  async write(p: Uint8Array, offset: number, options: IOOptions): Promise<number> {
    const name = this.#program
    if (this.#busy) fail(`${name}: query already in progress`)
    if (p.length > MAX) fail(`${name}: request too long`)
    this.#answers = []
    this.#busy = true
    try {
      const answers = await this.#answer(decode(p), offset, options)
      if (options.signal?.aborted === true) fail(INTERRUPTED)
      this.#answers = answers.slice(0, MAX_ANSWERS).map((text) => utf8.encode(text))
    } finally {
      this.#busy = false
    }
    return p.length
  }
}

const utf8 = new TextEncoder()

function decode(p: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(p).replace(/\0+$/, '')
}
