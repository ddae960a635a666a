import type { TCPAddr } from '@net/addr'
import {
  ErrClosed,
  OpError,
  type FileSource,
  type IOOptions,
  type KeepAliveConfig,
  type SendFileOptions,
  type TCPConn,
  checkBuffer,
  checkBuffers,
} from '@net/contract'
import { copyingSendfileGroup, isOver, ConnStreams } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import { Plan9Conn } from './conn.ts'
import type { Opened } from '../file/open_conversation.ts'
import { drain } from './drain.ts'
import { keepAliveMessage } from './keep_alive.ts'
import { ReadAhead } from './read_ahead.ts'
import { ReadOp, WriteOp } from './stream_op.ts'
import { WriteBehind } from './write_behind.ts'

/** A TCP connection over a conversation. */
export class Plan9TCPConn extends Plan9Conn<TCPAddr> implements TCPConn {
  readonly #ahead: ReadAhead
  readonly #behind: WriteBehind
  #streams: ConnStreams | null = null
  #linger = -1

  /** Takes over an established conversation. */
  constructor(net: string, files: Opened, local: TCPAddr, remote: TCPAddr) {
    super(net, files, local, remote)
    this.#ahead = new ReadAhead(files.data, false, () => {
      this.handle.reading.wake()
    })
    this.#behind = new WriteBehind(
      files.data,
      () => {
        this.handle.writing.wake()
      },
      (change) => {
        this.handle.waiting(change)
      },
    )
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#both().readable
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#both().writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    if (p.byteLength === 0 && this.handle.reading.closed === null && !isOver(options))
      return Promise.resolve(0)
    if (this.#ahead.ready && this.handle.reading.free && !isOver(options))
      return Promise.resolve(this.#ahead.take(p))
    return this.handle.reading.run(new ReadOp(this.#ahead, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    // Most writes find room: without an operation for each the first 128 MiB of a process take a tenth less time.
    const { byteLength } = p
    if (this.#behind.room >= byteLength && this.handle.writing.free && !isOver(options))
      return Promise.resolve(this.#behind.put(p, 0, byteLength))
    return this.handle.writing.run(new WriteOp(this.#behind, [p]), options)
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    const wrong = checkBuffers(buffers)
    if (wrong !== null) return Promise.reject(wrong)
    return this.handle.writing.run(new WriteOp(this.#behind, [...buffers]), options)
  }

  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return copyingSendfileGroup.sendFile(this, source, options)
  }

  multipathTCP(): boolean {
    return false
  }

  /** Ends reading at this end; the other end is not told, as there is no such message. */
  closeRead(): Promise<void> {
    if (this.handle.reading.closed !== null) return Promise.reject(this.handle.opError('close', ErrClosed))
    this.#ahead.ended = true
    this.#ahead.stop()
    this.handle.reading.wake()
    return Promise.resolve()
  }

  /** Rejects: a network tree has no half-close, and closing would end reading too. */
  closeWrite(): Promise<void> {
    return Promise.reject(this.handle.opError('close', this.handle.writing.closed ?? ErrPlan9))
  }

  setLinger(seconds: number): void {
    this.#open()
    this.#linger = seconds
  }

  /**
   * Does nothing for `true`, as a tree sends at once what it is given. `false` throws: it can't be made to
   * wait.
   */
  setNoDelay(on = true): void {
    this.#open()
    if (!on) this.refuse()
  }

  setKeepAlive(on = true): void {
    this.setKeepAliveConfig({ enable: on })
  }

  /** Sets the interval of probes; a tree has no other of the values, and can't turn them off. */
  setKeepAliveConfig(config: KeepAliveConfig): void {
    this.#open()
    const message = keepAliveMessage(config)
    if (message === null) this.refuse()
    // The call can't wait for the tree's answer, on which nothing else depends.
    this.handle.files.conversation.control(message).catch(() => {})
  }

  /** Tells the tree to keep the connection alive, if it can. */
  keepAlive(option: KeepAliveConfig | boolean | undefined): void {
    const message = keepAliveMessage(typeof option === 'object' ? option : { enable: option !== false })
    // Keep-alive is a wish: a connection of a tree without it serves as well.
    if (message !== null) this.handle.files.conversation.control(message).catch(() => {})
  }

  protected async finish(): Promise<void> {
    const { conversation } = this.handle.files
    this.#ahead.stop()
    const close = async (hangup: boolean): Promise<void> => {
      this.#behind.stop(ErrClosed)
      // Only a hangup resets; without one what the tree has taken is still sent. It also makes a read return
      // that can't be called back, and would keep the conversation until the peer sends something.
      const stuck = this.handle.files.data.isStuckWhileRead === true && this.#ahead.isReading
      if (hangup || stuck) await conversation.control('hangup').catch(() => {})
      await this.handle.closeFiles()
    }
    if (this.#linger === 0) await close(true)
    else if (this.#behind.idle) await close(false)
    else await drain(this.#behind, this.#linger, close)
  }

  #both(): ConnStreams {
    return (this.#streams ??= new ConnStreams({
      read: (p, options) => this.read(p, options),
      write: (p, options) => this.write(p, options),
      close: () => this.close(),
      // A tree has no half-close: the peer sees the end at close(), when the other stream has ended, too.
      closeWrite: () => this.#behind.drained(),
    }))
  }

  #open(): void {
    if (this.handle.reading.closed !== null)
      throw new OpError('set', this.handle.net, null, this.localAddr, ErrClosed)
  }
}
