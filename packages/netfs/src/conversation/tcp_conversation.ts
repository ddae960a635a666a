import { TCPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, TCPConn, TCPListener } from '@net/contract'
import { type Address, destination } from '../base/address.ts'
import { Conversation } from './conversation.ts'
import { leadingNumber } from '../base/control_message.ts'
import {
  fail,
  HANGUP,
  HUNGUP,
  INTERRUPTED,
  LISTEN_HUNGUP,
  NOT_ANNOUNCED,
  NOT_LOCAL,
  plan9Error,
  plan9Words,
  UNKNOWN_CONTROL,
} from '../base/errors.ts'
import { setHopLimits } from '../base/sockopt.ts'

const ZEROS = 3 // reads that give 0 at the end before reading fails
const KEEP_ALIVE = 30_000 // milliseconds of a keepalive without a number

/** The states of tcp(3) that a program above the host's TCP can tell apart. */
type State = 'Closed' | 'Listen' | 'Syn_sent' | 'Established' | 'Close_wait'

/**
 * A TCP conversation. Bytes are not kept here: a read goes to the target when the client asks, and so does a
 * write.
 */
export class TCPConversation extends Conversation {
  #state: State = 'Closed'
  #conn: TCPConn | null = null
  #listener: TCPListener | null = null
  #announced = false
  #zeros = 0
  // The reason for which reads and writes fail. After a hangup reads give 0 first, so it has a flag of its
  // own.
  #broken: string | null = null
  #hungup = false
  #keepAlive = 0
  #keepingAccepts = 0 // opens of listen that keep the process alive
  #writing = 0 // bytes on their way to the target

  override reset(): void {
    super.reset()
    this.#announced = this.#hungup = false
    this.#zeros = this.#keepAlive = 0
    this.#broken = null
  }

  override status(): string {
    return `${this.#state} qin 0 qout ${this.#writing}`
  }

  override async read(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.#broken !== null) fail(this.#broken)
    if (this.#listener !== null) await this.changed.wait(options)
    const conn = this.#conn
    if (conn === null || this.#state === 'Close_wait') return this.#end()
    if (p.byteLength === 0) return 0
    let n: number | null
    try {
      n = await conn.read(p, options)
    } catch (e) {
      if (options.signal?.aborted) throw plan9Error(e, options.signal)
      if (this.#conn === conn) this.#break(plan9Words(e))
      return this.#broken === null ? this.#end() : fail(this.#broken)
    }
    if (n === null) {
      if (this.#conn === conn) this.#state = 'Close_wait'
      return this.#end()
    }
    this.session.stack.activity.bytesRead += n
    return n
  }

  override async write(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.#broken !== null) fail(this.#broken)
    if (this.#hungup) fail(HUNGUP)
    const conn = this.#conn
    if (conn === null) {
      // Plan 9's kernel takes the bytes and only then finds no peer; the write also ends an announcement.
      if (this.#listener === null) this.#broken = HANGUP
      else await this.#hangup()
      return p.byteLength
    }
    this.#writing += p.byteLength
    try {
      await conn.write(p, options)
    } catch (e) {
      if (options.signal?.aborted) throw plan9Error(e, options.signal)
      if (this.#conn === conn) this.#break(plan9Words(e))
      fail(this.#broken ?? HUNGUP)
    } finally {
      this.#writing -= p.byteLength
    }
    this.session.stack.activity.bytesWritten += p.byteLength
    return p.byteLength
  }

  override async listen(options: NetOpenOptions): Promise<Conversation> {
    const listener = this.#listener
    if (listener === null) fail(this.#announced ? LISTEN_HUNGUP : NOT_ANNOUNCED)
    const keeps = options.ref !== false
    this.hold()
    if (keeps && this.#keepingAccepts++ === 0) listener.ref()
    try {
      for (;;) {
        const conn = await listener.accept(options)
        if (this.session.admits('tcp', conn.remoteAddr.ip)) return await this.#call(conn)
        await conn.close()
      }
    } catch (e) {
      if (!options.signal?.aborted && this.#listener !== listener) fail(LISTEN_HUNGUP)
      throw plan9Error(e, options.signal)
    } finally {
      if (keeps && --this.#keepingAccepts === 0) listener.unref()
      await this.release()
    }
  }

  protected override async connect(
    local: Address | null,
    remote: Address,
    options: IOOptions,
  ): Promise<void> {
    const ip = remote.ip === null ? null : destination(remote.ip)
    const { signal } = options
    const laddr = local === null ? null : new TCPAddr(local.ip, local.port)
    this.#state = 'Syn_sent'
    const { epoch } = this
    try {
      this.session.check('connect', 'tcp', ip, remote.port)
      this.checkLocal('tcp', local, ip)
      if (remote.port === 0) fail('connection refused')
      this.protocol.count('ActiveOpens')
      const conn = await this.session.stack.target.dialTCP('tcp', laddr, new TCPAddr(ip, remote.port), {
        signal,
      })
      if (this.epoch !== epoch) {
        await conn.close()
        fail(INTERRUPTED)
      }
      this.#establish(conn)
    } catch (e) {
      if (this.epoch !== epoch) throw e
      this.#state = 'Closed'
      this.#broken = HANGUP
      const words = plan9Words(e)
      // The client named no local address, so the machine has none of that family.
      if (words === NOT_LOCAL && laddr === null) fail('no route')
      if (words !== 'address in use') this.local = { ip: null, port: 0 }
      throw e
    }
  }

  protected override async announce(local: Address): Promise<void> {
    // Port 0 stands for one that is known, and checked, only after the listen.
    if (local.port !== 0) this.session.check('announce', 'tcp', local.ip, local.port)
    const { epoch } = this
    const listener = await this.session.stack.target.listenTCP('tcp', new TCPAddr(local.ip, local.port))
    const { port } = listener.addr
    try {
      this.session.check('announce', 'tcp', local.ip, port)
      if (this.epoch !== epoch) fail(INTERRUPTED)
    } catch (e) {
      await listener.close()
      throw e
    }
    listener.unref()
    this.#listener = listener
    this.#announced = true
    this.#state = 'Listen'
    this.local = { ip: local.ip, port }
  }

  protected override async command(words: readonly string[]): Promise<boolean> {
    switch (words[0]) {
      case 'hangup':
        this.spent = true
        await this.#hangup()
        return true
      case 'keepalive':
        this.#keepAlive = Math.max(0, leadingNumber(words[1], KEEP_ALIVE)) || KEEP_ALIVE
        this.tune()
        return true
      case 'checksum':
      case 'tcpporthogdefense':
        // The host's TCP always sends checksums and has defences of its own.
        return true
      default:
        return false
    }
  }

  protected override async shutdown(): Promise<void> {
    const conn = this.#conn
    const listener = this.#listener
    this.#conn = this.#listener = null
    this.epoch++
    this.#hungup = true
    this.#state = 'Closed'
    if (conn !== null) this.protocol.count('CurrEstab', -1)
    this.changed.wakeAll()
    // Errors of closing have nobody to go to.
    await Promise.allSettled([conn?.close(), listener?.close()])
  }

  protected override refer(): void {
    if (this.keeps) this.#conn?.ref()
    else this.#conn?.unref()
  }

  protected override tune(): void {
    const conn = this.#conn
    if (conn === null) return
    const time = this.#keepAlive
    try {
      if (time > 0) conn.setKeepAliveConfig({ enable: true, idle: time, interval: time })
    } catch {
      // The connection has gone, and the next read or write fails with the reason.
    }
    setHopLimits(conn, this.ttl === 255 ? null : this.ttl, this.tos === 0 ? null : this.tos)
  }

  // Multicast is for datagrams only.
  protected override join(): void {
    fail(UNKNOWN_CONTROL)
  }

  protected override leave(): void {
    fail(UNKNOWN_CONTROL)
  }

  async #call(conn: TCPConn): Promise<Conversation> {
    let called: Conversation
    try {
      called = this.protocol.clone(this.owner)
    } catch (e) {
      await conn.close()
      throw e
    }
    // The check is for the compiler: a protocol makes conversations of one kind.
    if (called instanceof TCPConversation) {
      this.protocol.count('PassiveOpens')
      called.spent = true
      called.#establish(conn)
    }
    return called
  }

  #establish(conn: TCPConn): void {
    const { localAddr, remoteAddr } = conn
    this.#conn = conn
    this.refer()
    this.#state = 'Established'
    this.local = { ip: localAddr.ip, port: localAddr.port }
    this.remote = { ip: remoteAddr.ip, port: remoteAddr.port }
    this.#broken = null
    this.protocol.count('CurrEstab')
    this.tune()
  }

  #end(): number {
    if (++this.#zeros > ZEROS) fail(HUNGUP)
    return 0
  }

  #break(reason: string): void {
    if (this.#broken !== null) return
    this.#broken = reason
    this.#state = 'Closed'
    if (reason === HANGUP) this.protocol.count('EstabResets')
    this.tell(reason)
  }

  async #hangup(): Promise<void> {
    try {
      this.#conn?.setLinger(0)
    } catch {
      // The connection has gone already.
    }
    await this.shutdown()
  }
}
