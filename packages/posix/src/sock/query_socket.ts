import type { UDPAddr } from '@net/addr'
import { OpError } from '@net/contract'
import { deferToNextTurn, isTraced, isTurnOver, noteClosed, noteOpened, type Deferred } from '@net/io'
import type { PacketReceiver, PacketSocket, ResolverSockets } from '@net/resolve'
import { EAGAIN, EINTR } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { must } from '../fd/sock.ts'
import { openSocket } from '../fd/sock_cloexec.ts'
import { registerCall } from '../poll/open.ts'
import { poller, type Poller } from '../poll/poller.ts'
import type { Newcomer } from '../poll/selector.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import { fillRandom } from '../sys/entropy.ts'
import { connect, recv, send, syscallError } from '../sys/syscall.ts'
import { MESSAGE, type TurnRead, type TurnWrite } from '../poll/turn_calls.ts'
import { familyOf, getUDPAddr, sockaddrOut } from '../wire/sockaddr.ts'
import { askName } from '../wire/socket_name.ts'
import { putAddr } from './ipsock.ts'
import { tcpSockGroup } from './tcpsock.ts'
import { udpSockGroup } from './udpsock.ts'

/** Room for the longest reply that a resolver asks for, and for more, so that a longer one shows. What it holds is good until the next read. */
const packet = new Uint8Array(MESSAGE)

const nothing = new Uint8Array()

/** A struct sockaddr of the family AF_UNSPEC. */
const unspecified = new Uint8Array(16)

/**
 * A connected UDP socket for a query or a few, from a port that the kernel takes at random. It makes none of what a connection
 * is made of, lanes and promises: it tells its receiver what comes, at once. Its process stays alive until it is closed.
 */
class QuerySocket implements PacketSocket, Newcomer, Deferred, TurnRead, TurnWrite {
  readonly isConnected = true
  readonly number: number
  readonly byteLength = MESSAGE
  /** Until it is closed. */
  isWaiting = true
  readonly #raddr: UDPAddr
  readonly #receiver: PacketReceiver
  readonly #poller: Poller
  #slot = -1
  #expected = 0 // packets that calls of this turn read
  #isEmpty = false // whether one of them found none

  /** Opens it. Throws bare errors. */
  constructor(raddr: UDPAddr, receiver: PacketReceiver) {
    this.#raddr = raddr
    this.#receiver = receiver
    this.#poller = poller()
    this.number = connected(raddr)
    this.#poller.ref()
    noteOpened(this, named)
    this.#poller.expect(this)
  }

  register(): void {
    // Writes are not asked for: it would tell at once that one may go, and wake the loop for nothing.
    this.#slot = this.#poller.add(this.number, this, false)
    if (this.#slot < 0) this.#failSoon(this.#error('read', syscallError(registerCall, this.#slot)))
  }

  /** What it is called among what is open. */
  get name(): string {
    return `udp ${String(this.#localAddr)}->${this.#raddr.toString()}`
  }

  send(packet: Uint8Array): void {
    const { turn } = this.#poller
    if (turn.sends && packet.byteLength <= MESSAGE) {
      turn.send(this, packet)
      return
    }
    const n = send(this.number, packet, packet.byteLength, abi.MSG_NOSIGNAL)
    if (n < 0) this.#unsent(packet, n)
  }

  /** One that is not registered had its reply at once, and most such are of lookups one after the other, which close it. */
  get isRenewable(): boolean {
    return abi.kernel === 'linux' && this.#slot >= 0
  }

  renew(): boolean {
    // A socket that is disconnected gives its port back, and takes another when it is connected again (connect(2) of Linux).
    const { bytes } = sockaddrOf(this.#raddr)
    return (
      connect(this.number, unspecified, unspecified.byteLength) === 0 &&
      // Somebody may have sent what is to be taken for a reply to one of the next queries.
      recv(this.number, packet, packet.byteLength, 0) === EAGAIN &&
      connect(this.number, bytes, bytes.byteLength) === 0
    )
  }

  readError(cause: Error): OpError {
    return this.#error('read', cause)
  }

  close(): void {
    if (!this.isWaiting) return
    this.isWaiting = false
    if (this.#slot < 0) this.#poller.dismiss(this)
    else this.#poller.forget(this.#slot)
    this.#poller.unref()
    this.#poller.close(this.number)
    noteClosed(this)
  }

  readable(): void {
    // Each reply that is waited for may be there.
    const { turn } = this.#poller
    const missing = this.#receiver.waiting - this.#expected
    if (missing > 0) this.#expected += turn.receive(this, missing)
    this.#isEmpty = false
    if (this.#expected === 0) this.#read()
  }

  tryRead(): boolean | null {
    if (!this.isWaiting || this.#receiver.waiting === 0) return null
    const n = recv(this.number, packet, packet.byteLength, 0)
    if (n !== EAGAIN) this.#tell(packet, n)
    return n !== EAGAIN
  }

  received(n: number, memory: Uint8Array, at: number): void {
    this.#expected--
    if (n > 0 && this.isWaiting) this.#receiver.received(memory.subarray(at, at + n), n)
    else if (n === EAGAIN) this.#isEmpty = true
    else if (n !== EINTR && this.isWaiting) this.#tell(nothing, n)
    if (this.#expected === 0 && !this.#isEmpty) this.#read()
  }

  sent(n: number, packet: Uint8Array): void {
    if (n < 0) this.#unsent(packet, n)
  }

  #read(): void {
    while (this.isWaiting && this.#receiver.waiting > 0) {
      // Anyone can send packets here, and without end.
      if (isTurnOver()) {
        deferToNextTurn(this)
        return
      }
      const n = recv(this.number, packet, packet.byteLength, 0)
      if (n === EAGAIN) return
      this.#tell(packet, n)
    }
  }

  #tell(packet: Uint8Array, n: number): void {
    if (n >= 0) this.#receiver.received(packet, n)
    else this.#receiver.failed(this.#error('read', syscallError('read', n)))
  }

  turned(): void {
    this.#read()
  }

  writable(): void {
    // It was not asked for.
  }

  exceptional(): void {
    // An error of the socket is what the next read gives.
  }

  get #localAddr(): UDPAddr | null {
    return askName(this.number) < 0 ? null : getUDPAddr()
  }

  #error(op: string, cause: Error): OpError {
    return new OpError(op, 'udp', this.#localAddr, this.#raddr, cause)
  }

  /** The kernel had no room for a packet, or the socket an error, which the receiver is told when the call that sends has returned. */
  #unsent(packet: Uint8Array, result: number): void {
    if (result === EAGAIN) {
      setImmediate(() => {
        if (this.isWaiting) this.send(packet)
      })
    } else {
      this.#failSoon(this.#error('write', syscallError('write', result)))
    }
  }

  #failSoon(error: OpError): void {
    setImmediate(() => {
      if (this.isWaiting) this.#receiver.failed(error)
    })
  }
}

function named({ name }: QuerySocket): string {
  return name
}

/** An address as the kernel wants it. */
interface Sockaddr {
  readonly addr: UDPAddr
  readonly family: number
  readonly bytes: Uint8Array
}

/** The address that was connected to last: mostly the next one is the same. */
let last: Sockaddr | null = null

function sockaddrOf(addr: UDPAddr): Sockaddr {
  if (last?.addr === addr) return last
  const family = familyOf(addr.ip)
  const made = { addr, family, bytes: sockaddrOut.slice(0, putAddr(family, addr)) }
  if (addr.zone === '') last = made // an interface may change its number
  return made
}

/** Opens a socket that is connected to an address. Gives its descriptor; throws bare errors. */
function connected(raddr: UDPAddr): number {
  const { family, bytes } = sockaddrOf(raddr)
  const fd = must('socket', openSocket(family, abi.SOCK_DGRAM, abi.IPPROTO_UDP))
  try {
    must('connect', connect(fd, bytes, bytes.byteLength))
    return fd
  } catch (e) {
    closeDescriptor(fd)
    throw e
  }
}

/** What DNS servers are asked over: the kernel's sockets. */
export const querySockets: ResolverSockets = {
  fillRandom,

  dialTCP: (network, laddr, raddr, options) => tcpSockGroup.dialTCP(network, laddr, raddr, options),

  dialUDP: (network, laddr, raddr, options) => udpSockGroup.dialUDP(network, laddr, raddr, options),

  openPackets(raddr, receiver) {
    // Who traces what goes through lanes sees the reads and writes of a connection.
    if (isTraced('read') || isTraced('write') || isTraced('close')) return null
    try {
      return new QuerySocket(raddr, receiver)
    } catch (e) {
      throw new OpError('dial', 'udp', null, raddr, e as Error)
    }
  },
}
