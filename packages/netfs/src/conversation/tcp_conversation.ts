import { TCPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, TCPConn, TCPListener } from '@net/contract'
import { isOver, Liveness } from '@net/io'
import { type Address, NO_ADDRESS } from '../base/address.ts'
import { leadingNumber } from '../base/control_message.ts'
import {
  ADDRESS_IN_USE,
  fail,
  HANGUP,
  HUNGUP,
  LISTEN_HUNGUP,
  NOT_ANNOUNCED,
  plan9Error,
  plan9Words,
  UNKNOWN_CONTROL,
} from '../base/errors.ts'
import { setHopLimits } from '../base/sockopt.ts'
import { Conversation, type Destination } from './conversation.ts'
import type { Protocol } from './protocol.ts'

const ZEROS = 3 // reads that give 0 at the end before reading fails
const KEEP_ALIVE = 30_000 // milliseconds of a keepalive without a number

/** The states of tcp(3) that a program above the host's TCP can tell apart. */
type State = 'Closed' | 'Listen' | 'Syn_sent' | 'Established' | 'Close_wait'

/** A listener of the target, and the opens of listen that keep the process alive while they wait. */
interface Announcement {
  readonly listener: TCPListener
  readonly liveness: Liveness
}

/**
 * A TCP conversation. Bytes are not kept here: a read goes to the target when the client asks, and so does a
 * write.
 */
export class TCPConversation extends Conversation {
  declare readonly protocol: Protocol<TCPConversation>
  #state: State = 'Closed'
  #conn: TCPConn | null = null
  #announcement: Announcement | null = null
  #wasAnnounced = false
  #zeros = 0 // reads that gave 0 at the end
  #broken: string | null = null // why reads and writes fail; after a hangup reads give 0 first
  #keepAlive = 0 // milliseconds, 0 leaving what the system does
  #writing = 0 // bytes on their way to the target

  override reset(): void {
    super.reset()
    this.#wasAnnounced = false
    this.#zeros = this.#keepAlive = 0
    this.#broken = null
  }

  override status(): string {
    return `${this.#state} qin 0 qout ${this.#writing}`
  }

  override async read(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.#broken !== null) fail(this.#broken)
    if (this.#announcement !== null) await this.changed.wait(options)
    const conn = this.#conn
    if (conn === null || this.#state === 'Close_wait') return this.#readEnd()
    if (p.byteLength === 0) return 0
    let n: number | null
    try {
      n = await conn.read(p, options)
    } catch (e) {
      if (isOver(options)) throw plan9Error(e, options)
      if (this.#conn === conn) this.#break(plan9Words(e))
      return this.#broken === null ? this.#readEnd() : fail(this.#broken)
    }
    if (n === null) {
      if (this.#conn === conn) this.#state = 'Close_wait'
      return this.#readEnd()
    }
    this.session.countRead(n)
    return n
  }

  override async write(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.#broken !== null) fail(this.#broken)
    if (this.isHungUp) fail(HUNGUP)
    const conn = this.#conn
    if (conn === null) {
      // Plan 9's kernel takes the bytes and only then finds no peer; the write also ends an announcement.
      if (this.#announcement === null) this.#broken = HANGUP
      else await this.hangUp()
      return p.byteLength
    }
    this.#writing += p.byteLength
    try {
      await conn.write(p, options)
    } catch (e) {
      if (isOver(options)) throw plan9Error(e, options)
      if (this.#conn === conn) this.#break(plan9Words(e))
      fail(this.#broken ?? HUNGUP)
    } finally {
      this.#writing -= p.byteLength
    }
    this.session.countWritten(p.byteLength)
    return p.byteLength
  }

  override async listen(options: NetOpenOptions): Promise<TCPConversation> {
    const announcement = this.#announcement
    if (announcement === null) fail(this.#wasAnnounced ? LISTEN_HUNGUP : NOT_ANNOUNCED)
    const { listener, liveness } = announcement
    const keeps = options.ref !== false
    this.hold()
    if (keeps) liveness.waiting(1)
    try {
      for (;;) {
        const conn = await listener.accept(options)
        if (this.session.admits('tcp', conn.remoteAddr.ip)) return await this.#call(conn)
        await conn.close()
      }
    } catch (e) {
      if (!isOver(options) && this.#announcement !== announcement) fail(LISTEN_HUNGUP)
      throw plan9Error(e, options)
    } finally {
      if (keeps) liveness.waiting(-1)
      await this.release()
    }
  }

  protected override async connect(
    local: Address | null,
    remote: Destination,
    { signal }: IOOptions,
  ): Promise<void> {
    const { target } = this.session.stack
    const { epoch } = this
    this.#state = 'Syn_sent'
    try {
      this.checkConnect(local, remote)
      if (remote.port === 0) fail('connection refused')
      this.protocol.count('ActiveOpens')
      const laddr = local === null ? null : new TCPAddr(local.ip, local.port)
      const raddr = new TCPAddr(remote.ip, remote.port)
      this.#establish(await this.opened(epoch, target.dialTCP('tcp', laddr, raddr, { signal })))
    } catch (e) {
      if (this.epoch !== epoch) throw e
      this.#state = 'Closed'
      this.#broken = HANGUP
      if (plan9Words(e) !== ADDRESS_IN_USE) this.local = NO_ADDRESS
      throw e
    }
  }

  protected override async announce({ ip, port }: Address): Promise<void> {
    const { target } = this.session.stack
    const listener = await this.opened(this.epoch, target.listenTCP('tcp', new TCPAddr(ip, port)), (made) => {
      this.checkAnnounce(ip, made.addr.port)
    })
    listener.unref()
    this.#announcement = { listener, liveness: new Liveness(listener) }
    this.#wasAnnounced = true
    this.#state = 'Listen'
    this.local = { ip, port: listener.addr.port }
  }

  protected override async command(words: readonly string[]): Promise<boolean> {
    switch (words[0]) {
      case 'hangup':
        this.hasBegun = true
        await this.#hangUpWithReset()
        return true
      case 'keepalive':
        this.#keepAlive = Math.max(0, leadingNumber(words[1], KEEP_ALIVE)) || KEEP_ALIVE
        this.applyOptions()
        return true
      case 'checksum':
      case 'tcpporthogdefense':
        // The host's TCP always sends checksums and has defences of its own.
        return true
      default:
        return false
    }
  }

  protected override shutdown(): Promise<unknown> {
    const conn = this.#conn
    const listener = this.#announcement?.listener
    this.#conn = this.#announcement = null
    this.#state = 'Closed'
    if (conn !== null) this.protocol.count('CurrEstab', -1)
    return Promise.allSettled([conn?.close(), listener?.close()])
  }

  protected override applyKeeping(): void {
    if (this.keeps) this.#conn?.ref()
    else this.#conn?.unref()
  }

  protected override applyOptions(): void {
    const conn = this.#conn
    if (conn === null) return
    const time = this.#keepAlive
    try {
      if (time > 0) conn.setKeepAliveConfig({ enable: true, idle: time, interval: time })
    } catch {
      // The connection has gone, and the next read or write fails with the reason.
    }
    setHopLimits(conn, this.ttl, this.tos)
  }

  // Multicast is for datagrams only.
  protected override join(): void {
    fail(UNKNOWN_CONTROL)
  }

  protected override leave(): void {
    fail(UNKNOWN_CONTROL)
  }

  // Makes a conversation of a connection that was accepted.
  async #call(conn: TCPConn): Promise<TCPConversation> {
    try {
      const called = this.protocol.clone(this.owner)
      this.protocol.count('PassiveOpens')
      called.hasBegun = true
      called.#establish(conn)
      return called
    } catch (e) {
      await conn.close()
      throw e
    }
  }

  #establish(conn: TCPConn): void {
    const { localAddr, remoteAddr } = conn
    this.#conn = conn
    this.applyKeeping()
    this.#state = 'Established'
    this.local = { ip: localAddr.ip, port: localAddr.port }
    this.remote = { ip: remoteAddr.ip, port: remoteAddr.port }
    this.#broken = null
    this.protocol.count('CurrEstab')
    this.applyOptions()
  }

  // Gives 0, as a read at the end does, or throws where it was read too often.
  #readEnd(): number {
    if (++this.#zeros > ZEROS) fail(HUNGUP)
    return 0
  }

  #break(reason: string): void {
    if (this.#broken !== null) return
    this.#broken = reason
    this.#state = 'Closed'
    if (reason === HANGUP) this.protocol.count('EstabResets')
    this.report(reason)
  }

  async #hangUpWithReset(): Promise<void> {
    try {
      this.#conn?.setLinger(0)
    } catch {
      // The connection has gone already.
    }
    await this.hangUp()
  }
}
