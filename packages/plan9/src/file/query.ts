import type { IOOptions, NetFS } from '@net/contract'
import { endingOf, race, turnTaken } from '@net/io'
import { isSessionOver } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Bytes for an answer of cs. */
export const CS_ANSWER = 128
/** Bytes for an answer of dns. */
export const DNS_ANSWER = 1024

// Bytes of all answers together, above which a server is taken to answer for ever.
const MOST_ANSWERS = 1 << 17

/** The bytes of a message. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The text of bytes. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/**
 * Asks a server behind a file, cs or dns: writes the query, and gives the answers, one for each read of at
 * most `size` bytes, up to the first read that gives none or fails. Rejects with the server's words, with
 * `signal.reason`, or when there are more than 128 KiB of answers, which no message of DNS has. No more than
 * `most` answers are read.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { CS_ANSWER, query } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const net = embeddedNet(posix())
 * console.log((await query(net, 'cs', 'tcp!127.0.0.1!http', CS_ANSWER)).join()) // /net/tcp/clone 127.0.0.1!80
 * ```
 */
export async function query(
  fs: NetFS,
  file: string,
  text: string,
  size: number,
  options: IOOptions = {},
  most = Infinity,
): Promise<string[]> {
  endingOf(options)?.throwIfOver()
  return await race(ask(fs, file, text, size, options, most), options)
}

async function ask(
  fs: NetFS,
  path: string,
  text: string,
  size: number,
  options: IOOptions,
  most: number,
): Promise<string[]> {
  const file = await fs.open(path, 'rw', options)
  try {
    await file.write(bytesOf(text), options)
    file.rewind() // servers differ in whether they go by the offset; those that do begin at 0
    const answers: string[] = []
    const p = new Uint8Array(size)
    for (let sum = 0; sum < MOST_ANSWERS;) {
      const n = await file.read(p, options).catch((e: unknown) => {
        if (isSessionOver(e)) throw e
        return 0 // why the tree has no more answers does not matter, as in Go
      })
      if (n <= 0) return answers
      answers.push(textOf(p.subarray(0, n)))
      if (answers.length >= most) return answers
      sum += n
      // A tree in this process can give one answer after the other without the event loop turning.
      await turnTaken()
      endingOf(options)?.throwIfOver()
    }
    throw new Error(`${path} answers without end`)
  } finally {
    file.close().catch(() => {}) // the answer is there, whatever becomes of the file
  }
}
