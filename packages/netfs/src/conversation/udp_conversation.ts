import { UDPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions } from '@net/contract'
import { isOver } from '@net/io'
import { udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'
import type { Address } from '../base/address.ts'
import {
  codeOf,
  fail,
  HUNGUP,
  LISTEN_HUNGUP,
  NOT_ANNOUNCED,
  plan9Error,
  PORT_UNREACHABLE,
} from '../base/errors.ts'
import { setHopLimits } from '../base/sockopt.ts'
import { Conversation, type Destination } from './conversation.ts'
import { type Membership, Memberships } from './memberships.ts'
import type { Protocol } from './protocol.ts'
import { AnnouncedUDP, CalledUDP, ConnectedUDP, type UDPForm } from './udp_forms.ts'
import { headerOf, payloadOf, putHeader } from './udp_headers.ts'
import { type UDPCaller, UDPPort } from './udp_port.ts'

/**
 * A UDP conversation. What it can do depends on its form, which it gets once: by connect, by announce or as a
 * caller.
 */
export class UDPConversation extends Conversation {
  declare readonly protocol: Protocol<UDPConversation>
  #form: UDPForm | null = null
  #hasHeaders = false // whether reads and writes have a header before the datagram
  #isUnreachable = false // whether a datagram came back
  readonly #groups = new Memberships(this.session.stack.interfaces)

  override reset(): void {
    super.reset()
    this.#hasHeaders = this.#isUnreachable = false
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
      if (this.#isUnreachable) fail(PORT_UNREACHABLE)
      if (this.isHungUp) return 0
      const form = this.#form
      if (form?.isReadable(this.#hasHeaders) !== true) {
        await this.changed.wait(options)
        continue
      }
      const n = await this.#receive(form, p, options)
      if (n === null) continue
      this.protocol.count('InDatagrams')
      this.session.countRead(n)
      return n
    }
  }

  override async write(p: Uint8Array, options: IOOptions): Promise<number> {
    if (this.isHungUp) fail(HUNGUP)
    try {
      if (await this.#send(p, options)) {
        this.protocol.count('OutDatagrams')
        this.session.countWritten(p.byteLength)
      }
    } catch (e) {
      throw plan9Error(e, options)
    }
    return p.byteLength
  }

  override async listen(options: NetOpenOptions): Promise<UDPConversation> {
    const form = this.#form
    if (!(form instanceof AnnouncedUDP)) fail(NOT_ANNOUNCED)
    this.hold()
    try {
      const caller = await form.port.call(options)
      if (caller === null) fail(LISTEN_HUNGUP)
      return await this.#call(form.port, caller)
    } finally {
      await this.release()
    }
  }

  protected override async connect(
    local: Address | null,
    remote: Destination,
    { signal }: IOOptions,
  ): Promise<void> {
    const { interfaces, target } = this.session.stack
    const { epoch } = this
    await interfaces.list() // whose broadcast addresses the policy is asked about
    this.checkConnect(local, remote)
    const laddr = local === null ? null : new UDPAddr(local.ip, local.port)
    const raddr = new UDPAddr(remote.ip, remote.port)
    const conn = await this.opened(epoch, target.dialUDP('udp', laddr, raddr, { signal }))
    this.local = { ip: conn.localAddr.ip, port: conn.localAddr.port }
    this.remote = remote
    this.#become(new ConnectedUDP(conn, () => this.#refused()))
  }

  protected override async announce({ ip, port }: Address): Promise<void> {
    const { interfaces, target } = this.session.stack
    const { epoch } = this
    await interfaces.list() // whose addresses are in the headers of what comes
    const conn = await this.opened(epoch, target.listenUDP('udp', new UDPAddr(ip, port)), (made) => {
      this.checkAnnounce(ip, made.localAddr.port)
    })
    this.local = { ip, port: conn.localAddr.port }
    this.#become(new AnnouncedUDP(new UDPPort(conn, this.session, ip === null), this.session))
  }

  protected override command(words: readonly string[]): boolean {
    if (words[0] !== 'headers') return false
    this.#hasHeaders = true
    this.changed.wakeAll()
    return true
  }

  protected override shutdown(): Promise<unknown> {
    const form = this.#form
    this.#form = null
    return Promise.allSettled([form?.close()])
  }

  protected override applyKeeping(): void {
    this.#form?.keep(this.keeps)
  }

  protected override applyOptions(): void {
    const socket = this.#form?.socket ?? null
    if (socket !== null) setHopLimits(socket, this.ttl, this.tos)
  }

  protected override join(member: Membership): void {
    this.session.checkGroup(member.group)
    this.#groups.add(member, this.#form?.socket ?? null)
  }

  protected override leave(member: Membership): void {
    this.#groups.remove(member, this.#form?.socket ?? null)
  }

  #become(form: ConnectedUDP | AnnouncedUDP): void {
    this.#form = form
    this.applyKeeping()
    this.applyOptions()
    this.#groups.join(form.socket)
    this.changed.wakeAll()
  }

  // Receives one datagram. Null: the conversation has changed meanwhile, and the caller looks at it again.
  async #receive(form: UDPForm, p: Uint8Array, options: IOOptions): Promise<number | null> {
    const hasHeader = this.#hasHeaders && form.takesHeaders
    try {
      const datagram = await form.receive(hasHeader ? payloadOf(p) : p, options)
      if (datagram === null || !hasHeader) return datagram?.n ?? null
      const { n, from, to } = datagram
      return putHeader(p, headerOf(from, to, this.local, this.session.stack.interfaces), n)
    } catch (e) {
      if (isOver(options)) throw plan9Error(e, options)
      if (this.isHungUp || this.#isUnreachable) return null
      if (codeOf(e) !== 'ECONNREFUSED') throw plan9Error(e)
      this.#refused()
      return null
    }
  }

  // A datagram came back. Unless that is to be ignored, reads fail from now on, those that wait as well.
  #refused(): void {
    if (this.ignoresAdvice) return
    this.#isUnreachable = true
    this.report(PORT_UNREACHABLE)
    this.#form?.interrupt()
  }

  // Gives whether the datagram went; one that has no receiver is dropped.
  async #send(p: Uint8Array, options: IOOptions): Promise<boolean> {
    const form = this.#form
    if (form === null) return false
    if (!this.#hasHeaders || !form.takesHeaders) return form.send(p, null, options)
    if (p.byteLength < udpHeaderSize) return false
    const { header, payload } = unmarshalUDPHeader(p)
    return form.send(payload, header, options)
  }

  // Makes a conversation of a sender that called.
  async #call(port: UDPPort, caller: UDPCaller): Promise<UDPConversation> {
    const { ip, port: from } = caller.remote
    const likely = ip === null ? null : this.session.stack.interfaces.localFor(ip)
    try {
      const called = this.protocol.clone(this.owner)
      called.hasBegun = true
      called.#form = new CalledUDP(port, this.session, caller)
      called.applyKeeping()
      called.local = { ip: caller.local ?? this.local.ip ?? likely, port: this.local.port }
      called.remote = { ip, port: from }
      return called
    } catch (e) {
      await port.leave(caller.remote)
      throw e
    }
  }
}
