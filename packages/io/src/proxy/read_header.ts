import { ErrUnexpectedEOF, type IOOptions, isError } from '@net/contract'
import { joined } from '../index.ts'
import { readFull } from '../bufio/read_full.ts'
import { readError, type Reader } from '../bufio/reader.ts'
import type { ProxyHeader } from './header.ts'
import { decodeV1, V1_MAX } from './v1.ts'
import { decodeV2, SIGNATURE, V2_FIXED } from './v2.ts'

const SHORTEST = 15 // bytes of 'PROXY UNKNOWN\r\n', before which no header ends
const PREFIX = new TextEncoder().encode('PROXY ')
const SPACE = 32
const RETURN = 13
const NEWLINE = 10

/**
 * Reads the header of version 1 or 2 that a connection begins with, and not a byte of what follows it. Rejects with an
 * {@link OpError} whose cause says what is wrong with what came, when it is no header or ends within it; with the reader's errors,
 * or with the signal's reason. What was read of it is lost then, and the connection of no use.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { readProxyHeader } from '@net/core/io'
 *
 * const [a, b] = pipe()
 * void a.write(new TextEncoder().encode('PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\nGET / HTTP/1.1\r\n'))
 * const { source } = await readProxyHeader(b)
 * console.log(`${source}`) // 192.0.2.1:50000
 * console.log(await b.read(new Uint8Array(64))) // 16
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export async function readProxyHeader(reader: Reader, options?: IOOptions): Promise<ProxyHeader> {
  const start = await take(reader, SHORTEST, options)
  const isV2 = SIGNATURE.every((byte, i) => start[i] === byte)
  if (!isV2 && !PREFIX.every((byte, i) => start[i] === byte)) {
    throw readError(reader, new Error('no PROXY header'))
  }
  return isV2 ? await readV2(reader, start, options) : await readV1(reader, start, options)
}

async function readV2(reader: Reader, start: Uint8Array, options?: IOOptions): Promise<ProxyHeader> {
  const rest = await take(reader, V2_FIXED - SHORTEST, options)
  const length = ((start[14] ?? 0) << 8) | (rest[0] ?? 0)
  const body = await take(reader, length, options)
  return decode(reader, () => decodeV2(joined([start, rest, body])))
}

async function readV1(reader: Reader, start: Uint8Array, options?: IOOptions): Promise<ProxyHeader> {
  let text = start
  while (!text.includes(NEWLINE)) {
    const more = atLeast(text)
    if (text.byteLength + more > V1_MAX) throw readError(reader, new Error('PROXY header without end'))
    text = joined([text, await take(reader, more, options)])
  }
  return decode(reader, () => decodeV1(new TextDecoder('latin1').decode(text)))
}

/** How many bytes a line has at least that begins so: fewer reads than one for each byte, and none too many. */
function atLeast(text: Uint8Array): number {
  if (text[text.byteLength - 1] === RETURN) return 1
  const spaces = text.reduce((n, byte) => n + (byte === SPACE ? 1 : 0), 0)
  const isUnknown = text[6] !== 84 // the T of TCP4 and TCP6
  return 2 + (isUnknown ? 0 : 2 * Math.max(0, 5 - spaces))
}

async function take(reader: Reader, n: number, options?: IOOptions): Promise<Uint8Array<ArrayBuffer>> {
  const p = new Uint8Array(n)
  if (n > 0 && (await readFull(reader, p, options)) === null) throw readError(reader, ErrUnexpectedEOF)
  return p
}

function decode(reader: Reader, header: () => ProxyHeader): ProxyHeader {
  try {
    return header()
  } catch (e) {
    throw isError(e) ? readError(reader, e) : e
  }
}
