import {
  Errno,
  OpError,
  SyscallError,
  type Conn,
  type FileSource,
  type IOOptions,
  type SendFileOptions,
  type SendfileGroup,
  checkBuffer,
  isTypeError,
} from '@net/contract'
import { endingOf, type Ended, type Ending } from './ending.ts'
import { race } from './scope.ts'

const CHUNK = 65536 // bytes in one read of a file or connection

/** Something with a file's descriptor, as node's FileHandle; that one reads by itself. */
interface OpenFile {
  readonly fd: number
  read?(
    p: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number }>
}

function isConn(source: object): source is Conn {
  return 'localAddr' in source && 'read' in source
}

function isIterable(source: object): source is AsyncIterable<unknown> {
  return Symbol.asyncIterator in source
}

/**
 * The open file that a source is, or null when it is something else. Streams that have a descriptor are streams.
 *
 * @example
 * ```ts
 * import { openFile } from '@net/io'
 *
 * console.log(openFile(0)?.fd, openFile(new ReadableStream())) // 0 null
 * ```
 */
export function openFile(source: FileSource): OpenFile | null {
  if (typeof source === 'number') return { fd: source }
  if (typeof source !== 'object' || isConn(source) || isIterable(source)) return null
  return 'fd' in source && typeof source.fd === 'number' ? source : null
}

/**
 * Checks what sendFile is given. Throws a TypeError for a wrong kind of argument, and the system's EINVAL, bare, for a wrong number.
 *
 * @example
 * ```ts
 * import { checkSendFile } from '@net/io'
 *
 * checkSendFile(0, { offset: 512, length: 1024 })
 * ```
 */
export function checkSendFile(source: FileSource, { offset, length }: SendFileOptions): void {
  const file = openFile(source)
  if (file === null && (typeof source !== 'object' || !(isConn(source) || isIterable(source)))) {
    throw new TypeError('the source is not a file, a stream, an iteration of bytes or a connection')
  }
  if (file !== null && !Number.isInteger(file.fd)) throw new TypeError('the descriptor is not a whole number')
  for (const n of [offset, length]) {
    if (n !== undefined && typeof n !== 'number') throw new TypeError('offset and length are not numbers')
  }
  if (offset !== undefined && file === null) throw new TypeError('only a file has an offset')
  const wrong = (n = 0): boolean => n < 0 || (!Number.isSafeInteger(n) && n !== Infinity)
  if (wrong(offset) || offset === Infinity || wrong(length)) {
    throw new SyscallError('sendfile', new Errno('EINVAL', 22)) // 22 on every system
  }
}

/**
 * The bytes of a source in chunks, at most `length` of them together; a connection is not read beyond that, of a stream
 * or iteration the rest of the last chunk is lost. A chunk is overwritten when the next is asked for. What ends `reading`,
 * the options' signal unless that is said, ends the wait for the source. Throws what the source fails with, and a TypeError
 * for a chunk that is not a Uint8Array.
 *
 * @example
 * ```ts
 * import { chunksOf } from '@net/io'
 *
 * const source = new Blob(['some text']).stream()
 * for await (const chunk of chunksOf(source, { length: 4 })) console.log(new TextDecoder().decode(chunk)) // some
 * ```
 */
export async function* chunksOf(
  source: FileSource,
  options: SendFileOptions = {},
  reading: IOOptions = options,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { offset, length = Infinity } = options
  const file = openFile(source)
  let left = length
  if (left === 0) return
  if (file !== null || isConn(source as object)) {
    const p = new Uint8Array(CHUNK)
    const read = file === null ? (source as Conn).read.bind(source) : await fileReader(file, offset)
    while (left > 0) {
      const n = await read(p.subarray(0, Math.min(left, CHUNK)), reading)
      if (n === null || n === 0) return
      left -= n
      yield p.subarray(0, n)
    }
    return
  }
  const parts =
    'getReader' in (source as object) ? partsOf(source as ReadableStream, endingOf(reading)) : source
  for await (const chunk of parts as AsyncIterable<unknown>) {
    const wrong = checkBuffer(chunk, 'what the source gave')
    if (wrong !== null) throw wrong
    const bytes = chunk as Uint8Array
    yield left < bytes.byteLength ? bytes.subarray(0, left) : bytes
    left -= bytes.byteLength
    if (left <= 0) return
  }
}

// What iterates over a stream cannot be told to stop while it waits for the stream; the stream can.
async function* partsOf(
  stream: ReadableStream<unknown>,
  ending: Ending | null,
): AsyncGenerator<unknown, void> {
  const reader = stream.getReader()
  let ended = false
  const cancel = (reason?: unknown): void => {
    if (ended) return
    ended = true
    // That the stream fails to be cancelled concerns nobody.
    reader.cancel(reason).catch(() => {})
  }
  const listener: Ended = { ended: cancel }
  ending?.add(listener)
  try {
    for (let r = await reader.read(); !r.done; r = await reader.read()) yield r.value
    ended = true
  } finally {
    ending?.delete(listener)
    cancel(ending?.reason)
    reader.releaseLock()
  }
}

async function fileReader(file: OpenFile, offset?: number): Promise<(p: Uint8Array) => Promise<number>> {
  // Where there are descriptors there is node:fs; others never come here.
  const fs = await import('node:fs')
  let position = offset ?? null
  return async (p) => {
    const n =
      file.read === undefined
        ? await new Promise<number>((resolve, reject) => {
            fs.read(file.fd, p, 0, p.byteLength, position, (e, n) => {
              if (e === null) resolve(n)
              else reject(e)
            })
          })
        : (await file.read(p, 0, p.byteLength, position)).bytesRead
    if (position !== null) position += n
    return n
  }
}

async function copy(conn: Conn, source: FileSource, options: SendFileOptions): Promise<number> {
  const { signal } = options
  let sent = 0
  const chunks = chunksOf(source, options)
  try {
    checkSendFile(source, options)
    signal?.throwIfAborted()
    for (let r = await race(chunks.next(), options); !r.done; r = await race(chunks.next(), options)) {
      sent += await conn.write(r.value, { signal })
    }
    return sent
  } catch (e) {
    // Behind a read that is pending; what comes of it concerns nobody any more.
    chunks.return(undefined).catch(() => {})
    if (isTypeError(e) || (signal?.aborted && e === signal.reason)) throw e
    const { network } = conn.localAddr
    const error = new OpError('readfrom', network, conn.localAddr, conn.remoteAddr, e as Error)
    error.n = sent + (e instanceof OpError ? (e.n ?? 0) : 0)
    throw error
  }
}

/**
 * A sendfile group that copies: it reads the source and writes to the connection, for targets that have nothing better. Writes
 * that are made meanwhile go between its own. Rejects as {@link SendfileGroup.sendFile} says.
 */
export const copyingSendfileGroup: SendfileGroup = {
  sendFile: (conn, source, options = {}) => copy(conn, source, options),
}
