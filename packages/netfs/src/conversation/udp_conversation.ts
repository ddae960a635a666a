import { UDPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, UDPConn } from '@net/contract'
import { udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'
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
import { setHopLimits } from '../base/sockopt.ts'
import { AnnouncedUDP, calledAddress, CalledUDP, ConnectedUDP, type UDPForm } from './udp_forms.ts'
import { headerOf, payloadOf, putHeader } from './udp_headers.ts'
import { type UDPCaller, UDPPort } from './udp_port.ts'

/**
 * A UDP conversation. What it can do depends on its form, which it gets once: by connect, by announce or as a
 * caller.
 */
export class UDPConversation extends Conversation {
  #form: UDPForm | null = null
  #headers = false
  #unreachable = false
  #hungup = false
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
    return this.#form?.queued ?? 0
  }

  override async read(p: Uint8Array, options: IOOptions): Promise<number> {
    for (;;) {
      if (this.#unreachable) fail(PORT_UNREACHABLE)
      if (this.#hungup) return 0
      const form = this.#form
      if (form?.isReadable(this.#headers) !== true) {
        await this.changed.wait(options)
        continue
      }
      const n = await this.#receive(form, p, options)
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
    const form = this.#form
    if (!(form instanceof AnnouncedUDP)) fail(NOT_ANNOUNCED)
    this.hold()
    try {
      const caller = await form.port.call(options)
      if (caller === null) fail(LISTEN_HUNGUP)
      return await this.#answer(form.port, caller)
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
      // The client named no local address, so the machine has none of that family.
      if (laddr === null && plan9Words(e) === NOT_LOCAL) fail('no route')
      throw e
    }
    if (this.epoch !== epoch) {
      await conn.close()
      fail(INTERRUPTED)
    }
    this.local = { ip: conn.localAddr.ip, port: conn.localAddr.port }
    this.remote = { ip, port: remote.port }
    this.#begin(new ConnectedUDP(conn, () => this.#refused()))
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
    this.local = { ip: local.ip, port }
    this.#begin(new AnnouncedUDP(new UDPPort(conn, this.session, local.ip === null), this.session))
  }

  protected override command(words: readonly string[]): boolean {
    if (words[0] !== 'headers') return false
    this.#headers = true
    this.changed.wakeAll()
    return true
  }

  protected override async shutdown(): Promise<void> {
    const form = this.#form
    this.#form = null
    this.epoch++
    this.#hungup = true
    this.changed.wakeAll()
    // Errors of closing have nobody to go to.
    await Promise.allSettled([form?.close()])
  }

  protected override refer(): void {
    this.#form?.keep(this.keeps)
  }

  protected override tune(): void {
    const socket = this.#form?.socket ?? null
    if (socket === null) return
    setHopLimits(socket, this.ttl === 255 ? null : this.ttl, this.tos === 0 ? null : this.tos)
  }

  protected override join(member: Membership): void {
    this.session.checkGroup(member.group)
    this.#groups.add(member, this.#form?.socket ?? null)
  }

  protected override leave(member: Membership): void {
    this.#groups.remove(member, this.#form?.socket ?? null)
  }

  #begin(form: ConnectedUDP | AnnouncedUDP): void {
    this.#form = form
    this.refer()
    this.tune()
    this.#groups.join(form.socket)
    this.changed.wakeAll()
  }

  // Receives one datagram. Null: the conversation has changed meanwhile, and the caller looks at it again.
  async #receive(form: UDPForm, p: Uint8Array, options: IOOptions): Promise<number | null> {
    const headers = this.#headers && form.takesHeaders
    try {
      const datagram = await form.receive(headers ? payloadOf(p) : p, options)
      if (datagram === null || !headers) return datagram?.n ?? null
      const { n, from, to } = datagram
      return putHeader(p, headerOf(from, to, this.local, this.session.stack.interfaces), n)
    } catch (e) {
      if (options.signal?.aborted) throw plan9Error(e, options.signal)
      if (this.#hungup || this.#unreachable) return null
      if (codeOf(e) !== 'ECONNREFUSED') throw plan9Error(e)
      this.#refused()
      return null
    }
  }

  // A datagram came back. Unless that is to be ignored, reads fail from now on, those that wait as well.
  #refused(): void {
    if (this.ignoreAdvice) return
    this.#unreachable = true
    this.tell(PORT_UNREACHABLE)
    this.#form?.interrupt()
  }

  // Whether the datagram went; one for nobody is dropped.
  async #send(p: Uint8Array, options: IOOptions): Promise<boolean> {
    const form = this.#form
    if (form === null) return false
    if (!this.#headers || !form.takesHeaders) return form.send(p, null, options)
    if (p.byteLength < udpHeaderSize) return false
    const { header, payload } = unmarshalUDPHeader(p)
    return form.send(payload, header, options)
  }

  async #answer(port: UDPPort, caller: UDPCaller): Promise<Conversation> {
    let called: Conversation
    try {
      called = this.protocol.clone(this.owner)
    } catch (e) {
      await port.leave(caller.remote)
      throw e
    }
    if (called instanceof UDPConversation) {
      called.spent = true
      called.#form = new CalledUDP(port, caller, this.session)
      called.refer()
      called.local = { ip: calledAddress(caller, this.local.ip, this.session), port: this.local.port }
      called.remote = { ip: caller.remote.ip, port: caller.remote.port }
    }
    return called
  }
}
