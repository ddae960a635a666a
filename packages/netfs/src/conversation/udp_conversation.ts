import { UDPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, UDPConn } from '@net/contract'
import { type UDPHeader, udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'
import { type Address, destination } from '../base/address.ts'
import { Conversation } from './conversation.ts'
import {
  codeOf,
  fail,
  HUNGUP,
  INTERRUPTED,
  LISTEN_HUNGUP,
  NOT_ANNOUNCED,
  NOT_LOCAL,
  plan9Error,
  plan9Words,
  PORT_UNREACHABLE,
} from '../base/errors.ts'
import { type Membership, Memberships } from './memberships.ts'
import type { PacketAddress } from '../base/packet_address.ts'
import { setHopLimits } from '../base/sockopt.ts'
import { headerOf, payloadOf, putHeader } from './udp_headers.ts'
import { type Caller, UDPPort } from './udp_port.ts'

/**
 * A UDP conversation, in one of four forms: connected; announced with headers; announced without, when each sender
 * becomes a conversation that listen gives; or one of those.
 */
export class UDPConversation extends Conversation {
  #conn: UDPConn | null = null // connected
  #port: UDPPort | null = null // announced, or the port that the sender called
  #call: Caller | null = null
  #headers = false
  #unreachable = false
  #hungup = false
  #keepsPort = false // whether the port knows of it
  readonly #groups = new Memberships(this.session.stack.interfaces)

  override reset(): void {
    super.reset()
    this.#headers = this.#unreachable = this.#hungup = false
    this.#groups.clear()
  }

  override status(): string {
    return `${this.isOpen ? 'Open' : 'Closed'} qin ${this.queued} qout 0`
  }

  override get queued(): number {
    return this.#call?.queue.bytes ?? 0
  }

  override async read(p: Uint8Array, options: IOOptions): Promise<number> {
    for (;;) {
      if (this.#unreachable) fail(PORT_UNREACHABLE)
      if (this.#hungup) return 0
      let n: number | null = null
      if (this.#call !== null) n = await this.#call.queue.read(p, options)
      else if (this.#conn !== null) n = await this.#readConnected(this.#conn, p, options)
      else if (this.#port !== null && this.#headers) n = await this.#readAnnounced(this.#port, p, options)
      else await this.changed.wait(options)
      if (n === null) continue
      this.protocol.count('InDatagrams')
      this.session.stack.activity.bytesRead += n
      return n
    }
  }

  override async write(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.#hungup) fail(HUNGUP)
    try {
      if (await this.#send(p, options)) {
        this.protocol.count('OutDatagrams')
        this.session.stack.activity.bytesWritten += p.byteLength
      }
    } catch (e) {
      throw plan9Error(e, options.signal)
    }
    return p.byteLength
  }

  override async listen(options: NetOpenOptions): Promise<Conversation> {
    const port = this.#port
    if (port === null || this.#call !== null) fail(NOT_ANNOUNCED)
    this.hold()
    try {
      const call = await port.call(options)
      if (call === null) fail(LISTEN_HUNGUP)
      return await this.#answer(port, call)
    } finally {
      await this.release()
    }
  }

  protected override async connect(
    local: Address | null,
    remote: Address,
    options: IOOptions,
  ): Promise<void> {
    const ip = remote.ip === null ? null : destination(remote.ip)
    const { epoch } = this
    await this.session.stack.interfaces.list() // whose broadcast addresses the policy is asked about
    this.session.check('connect', 'udp', ip, remote.port)
    this.checkLocal('udp', local, ip)
    const laddr = local === null ? null : new UDPAddr(local.ip, local.port)
    const { signal } = options
    let conn: UDPConn
    try {
      conn = await this.session.stack.target.dialUDP('udp', laddr, new UDPAddr(ip, remote.port), { signal })
    } catch (e) {
      // Without an address of its own, it has none of that family.
      if (laddr === null && plan9Words(e) === NOT_LOCAL) fail('no route')
      throw e
    }
    if (this.epoch !== epoch) {
      await conn.close()
      fail(INTERRUPTED)
    }
    this.#conn = conn
    this.local = { ip: conn.localAddr.ip, port: conn.localAddr.port }
    this.remote = { ip, port: remote.port }
    this.#begin(conn)
  }

  protected override async announce(local: Address): Promise<void> {
    if (local.port !== 0) this.session.check('announce', 'udp', local.ip, local.port)
    const { epoch } = this
    const conn = await this.session.stack.target.listenUDP('udp', new UDPAddr(local.ip, local.port))
    const { port } = conn.localAddr
    try {
      this.session.check('announce', 'udp', local.ip, port)
      // The headers of what comes name the address of its interface.
      await this.session.stack.interfaces.list()
      if (this.epoch !== epoch) fail(INTERRUPTED)
    } catch (e) {
      await conn.close()
      throw e
    }
    this.#port = new UDPPort(conn, this.session, local.ip === null)
    this.local = { ip: local.ip, port }
    this.#begin(conn)
  }

  protected override command(words: readonly string[]): boolean {
    if (words[0] !== 'headers') return false
    this.#headers = true
    this.changed.wakeAll()
    return true
  }

  protected override async shutdown(): Promise<void> {
    const [conn, port, call] = [this.#conn, this.#port, this.#call]
    if (this.#keepsPort) port?.keep(-1)
    this.#keepsPort = false
    this.#conn = this.#port = this.#call = null
    this.epoch++
    this.#hungup = true
    this.changed.wakeAll()
    await Promise.allSettled([conn?.close(), call === null ? port?.retire() : port?.leave(call.remote)])
  }

  protected override refer(): void {
    const { keeps } = this
    if (keeps) this.#conn?.ref()
    else this.#conn?.unref()
    if (this.#keepsPort === keeps || this.#port === null) return
    this.#keepsPort = keeps
    this.#port.keep(keeps ? 1 : -1)
  }

  protected override tune(): void {
    if (this.#conn !== null) this.#tune(this.#conn)
    else if (this.#port !== null && this.#call === null) this.#tune(this.#port.conn)
  }

  protected override join(member: Membership): void {
    this.session.checkGroup(member.group)
    this.#groups.add(member, this.#socket)
  }

  protected override leave(member: Membership): void {
    this.#groups.remove(member, this.#socket)
  }

  get #socket(): UDPConn | null {
    return this.#conn ?? (this.#call === null ? (this.#port?.conn ?? null) : null)
  }

  #begin(conn: UDPConn): void {
    this.refer()
    this.#tune(conn)
    this.#groups.join(conn)
    this.changed.wakeAll()
  }

  #tune(conn: UDPConn): void {
    setHopLimits(conn, this.ttl === 255 ? null : this.ttl, this.tos === 0 ? null : this.tos)
  }

  async #readConnected(conn: UDPConn, p: Uint8Array, options: IOOptions): Promise<number | null> {
    try {
      if (!this.#headers) return await conn.read(p, options)
      const payload = payloadOf(p)
      const n = await conn.read(payload, options)
      return this.#fill(p, conn.remoteAddr, n, null)
    } catch (e) {
      return this.#readFailed(e, options)
    }
  }

  async #readAnnounced(port: UDPPort, p: Uint8Array, options: IOOptions): Promise<number | null> {
    try {
      const { n, from, to } = await port.receive(payloadOf(p), options)
      return this.#fill(p, from, n, to)
    } catch (e) {
      return this.#readFailed(e, options)
    }
  }

  // What a read that failed gives: null to look again what the conversation has become.
  #readFailed(error: unknown, options: IOOptions): null {
    if (!options.signal?.aborted) {
      if (this.#hungup || this.#unreachable) return null
      if (codeOf(error) === 'ECONNREFUSED') {
        this.#refused()
        return null
      }
    }
    throw plan9Error(error, options.signal)
  }

  // A datagram came back. Unless that is to be ignored, reads fail from now on, those that wait as well.
  #refused(): void {
    if (this.ignoreAdvice) return
    this.#unreachable = true
    this.tell(PORT_UNREACHABLE)
    this.#conn?.setReadDeadline(0)
  }

  #fill(p: Uint8Array, from: UDPAddr, n: number, to: PacketAddress | null): number {
    return putHeader(p, headerOf(from, to, this.local, this.session.stack.interfaces), n)
  }

  // Whether the datagram went; one for nobody is dropped.
  async #send(p: Uint8Array, options: IOOptions): Promise<boolean> {
    if (this.#call !== null && this.#port !== null) {
      const { remote, local } = this.#call
      // Whoever can forge a sender's address must not get an answer sent to it that connect may not send.
      if (remote.ip !== null) this.session.check('connect', 'udp', remote.ip, remote.port)
      await this.#port.send(p, remote, local, options)
      return true
    }
    if (this.#headers && (this.#conn !== null || this.#port !== null)) {
      if (p.byteLength < udpHeaderSize) return false
      const { header, payload } = unmarshalUDPHeader(p)
      if (this.#conn !== null) await this.#sendConnected(this.#conn, payload, options)
      else await this.#sendTo(header, payload, options)
      return true
    }
    if (this.#conn === null) return false
    await this.#sendConnected(this.#conn, p, options)
    return true
  }

  async #sendConnected(conn: UDPConn, p: Uint8Array, options: IOOptions): Promise<void> {
    for (let told = 0; ; told++) {
      try {
        await conn.write(p, options)
        return
      } catch (e) {
        // The error is of a datagram before: Plan 9 tells it to who reads.
        if (codeOf(e) !== 'ECONNREFUSED' || told === 3) throw e
        this.#refused()
      }
    }
  }

  async #sendTo(header: UDPHeader, payload: Uint8Array, options: IOOptions): Promise<void> {
    const { laddr, rport } = header
    const ip = destination(header.raddr)
    this.session.check('connect', 'udp', ip, rport)
    if (rport !== 0) await this.#port?.send(payload, new UDPAddr(ip, rport), laddr, options)
  }

  async #answer(port: UDPPort, call: Caller): Promise<Conversation> {
    let called: Conversation
    try {
      called = this.protocol.clone(this.owner)
    } catch (e) {
      await port.leave(call.remote)
      throw e
    }
    if (called instanceof UDPConversation) {
      called.spent = true
      called.#port = port
      called.#call = call
      called.refer()
      const { ip } = call.remote
      const likely = ip === null ? null : this.session.stack.interfaces.localFor(ip)
      called.local = { ip: call.local ?? this.local.ip ?? likely, port: this.local.port }
      called.remote = { ip, port: call.remote.port }
    }
    return called
  }
}
