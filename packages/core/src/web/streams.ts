import { isArrayBuffer, isBytes, isTypeError } from '@net/contract'
import { Ending, endingOf } from '@net/io'
import { cutError, endWriting } from '@net/node/half-close'
import { SocketError, socketError } from './error.ts'
import type { Wire } from './wire.ts'

const CHUNK = 65536 // bytes per read: enough to keep system calls rare, small enough to hold one per socket

/** What streams tell the socket they belong to. */
export interface StreamsOwner {
  /** The peer has ended its stream. */
  readEnded(): void
  /** Reading failed. */
  readFailed(e: SocketError): void
  /** Both sides have ended; `byPeer` when it was the peer that ended the one that is read. */
  bothEnded(byPeer: boolean): void
  /** The writable was aborted. */
  aborted(reason: unknown): void
}

/** The two streams of a socket, over a wire that comes later. */
export class SocketStreams {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<Uint8Array>
  readonly #wire: Promise<Wire>
  readonly #owner: StreamsOwner
  readonly #reading = new Ending()
  #source: ReadableByteStreamController | null = null
  #sink: WritableStreamDefaultController | null = null
  #queued = 0 // chunks written by the user and not yet by the wire
  #flushed: (() => void)[] = []
  #over = false
  #aborted = false
  #readable = true
  #peerEnded = false
  #writable = true

  constructor(wire: Promise<Wire>, owner: StreamsOwner) {
    this.#wire = wire
    this.#owner = owner
    this.readable = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.#source = controller
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => {
        this.#reading.end(null)
        this.#readable = false
        if (!this.#writable) owner.bothEnded(false)
      },
    }) as ReadableStream<Uint8Array<ArrayBuffer>>
    this.writable = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#sink = controller
          const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal }
          // Aborting waits for the write under way, which may wait for the peer: close under it.
          endingOf({ signal })?.add({
            ended: (reason) => {
              this.#aborted = true
              owner.aborted(reason)
            },
          })
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#closeWrite(),
      },
      // It is called for each chunk when it is written, and so knows of those that wait.
      { highWaterMark: 1, size: () => ((this.#queued += 1), 1) },
    )
  }

  /** Settles when all that has been written until now has gone, or writing has failed. */
  flushed(): Promise<void> {
    if (this.#queued === 0) return Promise.resolve()
    return new Promise((resolve) => this.#flushed.push(resolve))
  }

  /** Stops reading and leaves what has not been read to the next owner of the wire. */
  stopReading(): void {
    if (!this.#readable) return
    this.#readable = false
    this.#reading.end(null)
    this.#source?.close()
    this.#source?.byobRequest?.respond(0)
  }

  /** Ends both streams when all has been read and written: closes the writable, or lets its user close it. */
  finish(): void {
    if (this.#over) return
    this.#over = true
    if (this.#writable && !this.writable.locked) void this.writable.close().catch(() => {}) // it may have failed
  }

  /** Ends both streams at once: reads give the end, or `failure`, and writes fail with `reason`. */
  end(reason: unknown, failure: Error | null = null): void {
    if (this.#over) return
    this.#over = true
    if (failure === null) this.stopReading()
    else if (this.#readable) {
      this.#readable = false
      this.#source?.error(failure)
    }
    if (!this.#aborted) this.#sink?.error(reason)
    this.#settle()
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const view = controller.byobRequest?.view
    const p = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(CHUNK)
    let n: number | null
    try {
      const wire = await this.#wire
      if (!this.#readable) return
      n = await wire.read(p, this.#reading)
    } catch (e) {
      if (this.#readable) this.#fail(controller, e)
      return
    }
    if (!this.#readable) return
    if (n !== null) {
      if (controller.byobRequest) controller.byobRequest.respond(n)
      else controller.enqueue(p.subarray(0, n))
      return
    }
    this.#readable = false
    controller.close()
    controller.byobRequest?.respond(0)
    this.#peerEnded = true
    if (this.#writable) this.#owner.readEnded()
    else this.#owner.bothEnded(true)
  }

  #fail(controller: ReadableByteStreamController, e: unknown): void {
    const error = socketError(e)
    this.#readable = false
    controller.error(error)
    this.#owner.readFailed(error)
  }

  async #write(chunk: unknown): Promise<void> {
    try {
      const p = bytesOf(chunk)
      if (this.#over) throw new SocketError('the socket is closed')
      await (await this.#wire).write(p)
    } catch (e) {
      this.#settle()
      throw isTypeError(e) ? e : socketError(e)
    }
    this.#queued--
    if (this.#queued === 0) this.#settle()
  }

  async #closeWrite(): Promise<void> {
    this.#writable = false
    try {
      const wire = await this.#wire
      if (!this.#over && !(await endWriting(wire)) && !this.#over) await this.#cut(wire)
    } catch (e) {
      if (!this.#over) throw socketError(e)
    }
    if (!this.#readable) this.#owner.bothEnded(this.#peerEnded)
  }

  // Ends the stream there where the connection has no half-close: closes it, and a reader is told that there may have been more.
  async #cut(wire: Wire): Promise<void> {
    if (this.#readable) {
      this.#readable = false
      this.#reading.end(null)
      this.#source?.error(socketError(cutError(wire)))
    }
    await wire.close()
  }

  #settle(): void {
    this.#queued = 0
    for (const resolve of this.#flushed.splice(0)) resolve()
  }
}

/** The bytes of what was written. */
function bytesOf(chunk: unknown): Uint8Array {
  if (isBytes(chunk)) return chunk
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk)
  throw new TypeError('what is written is no bytes')
}
