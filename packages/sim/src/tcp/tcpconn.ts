import type { TCPAddr } from '@net/addr'
import type { KeepAliveConfig, TCPConn } from '@net/contract'
import { Timer, type Time } from '../clock/time.ts'
import type { Socket } from '../socket/socket.ts'
import { StreamConn } from '../socket/stream_conn.ts'
import { WAIT } from '../socket/stream_op.ts'
import type { Connection } from './connection.ts'
import type { ConnectionUser } from './user.ts'

const LEAST = 2048 // bytes of a buffer, however little is asked for

/** A TCP connection of a simulated host. */
export class SimTCPConn extends StreamConn<TCPAddr> implements TCPConn, ConnectionUser {
  readonly #c: Connection
  readonly #time: Time
  #linger = -1
  #writeBuffer: number
  #readShut = false
  #writeShut = false
  #whenDrained: (() => void) | null = null

  /** Takes over an established connection. */
  constructor(socket: Socket, c: Connection, time: Time, writeBuffer: number) {
    super(socket)
    this.#c = c
    this.#time = time
    this.#writeBuffer = writeBuffer
    c.user = this
  }

  take(p: Uint8Array): number | null | string {
    const { receiver } = this.#c
    if (this.#readShut) return null
    if (receiver.queue.length > 0) {
      const n = receiver.queue.read(p)
      if (this.#c.state !== 'CLOSED') receiver.freed()
      return n
    }
    const error = this.#c.takeError()
    if (error !== null) return error
    return receiver.hasEnded || this.#c.state === 'CLOSED' ? null : WAIT
  }

  put(p: Uint8Array): number | string {
    const error = this.#c.takeError()
    if (error !== null) return error
    const { sender, state } = this.#c
    if (this.#writeShut || state === 'CLOSED') return 'EPIPE'
    const room = this.#writeBuffer - sender.buffer.byteLength
    if (room <= 0) return 0
    const part = p.subarray(0, room)
    sender.buffer.write(part)
    sender.output()
    return part.byteLength
  }

  onReadable(): void {
    this.handle.reading.wake()
  }

  onWritable(): void {
    this.handle.writing.wake()
  }

  onDrained(): void {
    this.#whenDrained?.()
  }

  protected shutRead(): void {
    this.#readShut = true
    this.#c.receiver.discards = true
    this.#c.receiver.queue.clear()
  }

  protected shutWrite(): void {
    this.#writeShut = true
    this.#c.shutdown()
  }

  multipathTCP(): boolean {
    return false
  }

  setLinger(seconds: number): void {
    this.handle.checkOpen()
    this.#linger = seconds
  }

  setNoDelay(on = true): void {
    this.handle.checkOpen()
    const { sender } = this.#c
    sender.noDelay = on
    if (on && this.#c.state !== 'CLOSED') sender.output()
  }

  setKeepAlive(on = true): void {
    this.setKeepAliveConfig({ enable: on })
  }

  setKeepAliveConfig(config: KeepAliveConfig): void {
    this.handle.checkOpen()
    this.#c.keepAlive.configure(config)
  }

  /** Sets the bytes that may wait to be read; the window follows. */
  setReadBuffer(bytes: number): void {
    this.handle.checkOpen()
    this.#c.receiver.size = Math.max(LEAST, bytes)
  }

  /** Sets the bytes that may wait to be sent and acknowledged. */
  setWriteBuffer(bytes: number): void {
    this.handle.checkOpen()
    this.#writeBuffer = Math.max(LEAST, bytes)
    this.handle.writing.wake()
  }

  /** With a linger above 0 it waits until the peer has everything, for that many seconds at most; else it waits for nothing. */
  protected async release(): Promise<void> {
    const c = this.#c
    c.user = this // its lanes are closed; only `onDrained` is of use
    if (this.#linger > 0 && !c.sender.isIdle && c.receiver.queue.length === 0) {
      c.shutdown()
      await this.#drain(this.#linger * 1000)
    }
    c.abandon(this.#linger === 0)
  }

  #drain(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.clear()
        this.#time.touch()
        resolve()
      }
      const timer = new Timer(this.#time, done)
      timer.set(ms)
      this.#whenDrained = done
    })
  }
}
