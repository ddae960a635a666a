import type { OpenFile, TreeNode } from '@net/9p'
import type { IOOptions } from '@net/contract'
import { isOver } from '@net/io'
import type { Account } from '../account/account.ts'
import { withoutNuls } from '../base/control_message.ts'
import { fail, INTERRUPTED, IO_ERROR } from '../base/errors.ts'

const MAX = 1024 // bytes of a query
const MAX_ANSWERS = 512 // answers of a query that are kept
const OVERHEAD = 64 // bytes that an answer counts on top of its own

/** Answers a query that was written to a file. What it rejects with is the error of the write. */
export type Answerer = (query: string, offset: number, options: IOOptions) => Promise<readonly string[]>

/**
 * An open cs or dns: a write asks, the reads that follow give the answers one by one. Answers stand in a row,
 * and the offset tells where a read begins; it does not go beyond the end of an answer. A new query, and one
 * that fails, forgets them.
 */
export class QueryFile implements OpenFile {
  readonly node: TreeNode
  readonly iounit = 8192
  readonly #program: string
  readonly #session: Account
  readonly #answer: Answerer
  #answers: Uint8Array[] = []
  #bytes = 0 // what the answers count
  #busy = false
  #closed = false

  /** Makes the file of a program, 'cs' or 'dns', whose errors begin with its name. */
  constructor(node: TreeNode, program: string, session: Account, answer: Answerer) {
    this.node = node
    this.#program = program
    this.#session = session
    this.#answer = answer
  }

  /** Forgets the answers. */
  close(): void {
    this.#closed = true
    this.#keep([])
  }

  /** Gives what is left of the answer at the offset; 0 behind the last one. */
  read(p: Uint8Array, offset: number): number {
    let at = offset
    for (const answer of this.#answers) {
      if (at < answer.byteLength) {
        const part = answer.subarray(at, at + p.byteLength)
        p.set(part)
        return part.byteLength
      }
      at -= answer.byteLength
    }
    return 0
  }

  /** Asks the query that is written, and keeps its answers for the reads that follow. */
  async write(p: Uint8Array, offset: number, options: IOOptions): Promise<number> {
    const name = this.#program
    if (this.#busy) fail(`${name}: query already in progress`)
    if (p.byteLength > MAX) fail(`${name}: request too long`)
    this.#keep([])
    this.#busy = true
    try {
      const answers = await this.#answer(decoder.decode(withoutNuls(p)), offset, options)
      if (isOver(options)) fail(INTERRUPTED)
      this.#keep(answers.slice(0, MAX_ANSWERS).map((text) => utf8.encode(text)))
    } finally {
      this.#busy = false
    }
    return p.byteLength
  }

  // Answers count like datagrams that wait: a client may have many files open, and servers that are not ours
  // decide how long their answers are.
  #keep(answers: Uint8Array[]): void {
    this.#session.free(this.#bytes)
    this.#answers = []
    this.#bytes = 0
    const bytes = answers.reduce((sum, answer) => sum + answer.byteLength + OVERHEAD, 0)
    if (this.#closed || bytes === 0) return
    if (!this.#session.reserve(bytes)) fail(`${this.#program}: ${IO_ERROR}`)
    this.#answers = answers
    this.#bytes = bytes
  }
}

const utf8 = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
