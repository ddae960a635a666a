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
import { MESSAGE } from '../poll/turn_calls.ts'
import { familyOf, getUDPAddr, sockaddrOut } from '../wire/sockaddr.ts'
import { askName } from '../wire/socket_name.ts'
import { putAddr } from './ipsock.ts'
import { QueryRead, QueryWrite, type QueryCaller } from './query_calls.ts'
import { tcpSockGroup } from './tcpsock.ts'
import { udpSockGroup } from './udpsock.ts'

/** Room for the longest reply that a resolver asks for, and for more, so that a longer one shows. What it holds is good until the next read. */
const packet = new Uint8Array(MESSAGE)

/**
 * A connected UDP socket for a query or a few, from a port that the kernel takes at random. It makes none of what a connection
 * is made of, lanes and promises: it tells its receiver what comes, at once. Its process stays alive until it is closed.
 */
class QuerySocket implements PacketSocket, Newcomer, Deferred, QueryCaller {
  readonly isConnected = true
  readonly #raddr: UDPAddr
  readonly #receiver: PacketReceiver
  readonly #poller: Poller
  readonly #fd: number
  #slot = -1
  isClosed = false
  #expected = 0 // packets that calls of this turn read
  #isEmpty = false // whether one of them found none

  /** Opens it. Throws bare errors. */
  constructor(raddr: UDPAddr, receiver: PacketReceiver) {
    this.#raddr = raddr
    this.#receiver = receiver
    this.#poller = poller()
    this.#fd = connected(raddr)
    this.#poller.ref()
    noteOpened(this, named)
    this.#poller.expect(this)
  }

  register(): void {
    // Writes are not asked for: it would tell at once that one may go, and wake the loop for nothing.
    this.#slot = this.#poller.add(this.#fd, this, false)
    if (this.#slot < 0) this.#failSoon(this.#error('read', syscallError(registerCall, this.#slot)))
  }

  /** What it is called among what is open. */
  get name(): string {
    return `udp ${String(this.#localAddr)}->${this.#raddr.toString()}`
  }

  get number(): number {
    return this.#fd
  }

  send(packet: Uint8Array): void {
    const { turn } = this.#poller
    if (turn.sends && packet.byteLength <= MESSAGE) {
      turn.send(new QueryWrite(this, packet))
      return
    }
    const n = send(this.#fd, packet, packet.byteLength, abi.MSG_NOSIGNAL)
    if (n < 0) this.unsent(packet, n)
  }

  readError(cause: Error): OpError {
    return this.#error('read', cause)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    if (this.#slot < 0) this.#poller.dismiss(this)
    else this.#poller.forget(this.#slot)
    this.#poller.unref()
    this.#poller.close(this.#fd)
    noteClosed(this)
  }

  readable(): void {
    // Each reply that is waited for may be there.
    const { turn } = this.#poller
    while (this.#expected < this.#receiver.waiting && turn.receive(new QueryRead(this))) this.#expected++
    this.#isEmpty = false
    if (this.#expected === 0) this.#read()
  }

  tryRead(): boolean | null {
    if (this.isClosed || this.#receiver.waiting === 0) return null
    const n = recv(this.#fd, packet, packet.byteLength, 0)
    if (n !== EAGAIN) this.#tell(packet, n)
    return n !== EAGAIN
  }

  took(packet: Uint8Array, n: number): void {
    this.#expected--
    if (n === EAGAIN) this.#isEmpty = true
    else if (n !== EINTR && !this.isClosed) this.#tell(packet, n)
    if (this.#expected === 0 && !this.#isEmpty) this.#read()
  }

  #read(): void {
    while (!this.isClosed && this.#receiver.waiting > 0) {
      // Anyone can send packets here, and without end.
      if (isTurnOver()) {
        deferToNextTurn(this)
        return
      }
      const n = recv(this.#fd, packet, packet.byteLength, 0)
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
    return askName(this.#fd) < 0 ? null : getUDPAddr()
  }

  #error(op: string, cause: Error): OpError {
    return new OpError(op, 'udp', this.#localAddr, this.#raddr, cause)
  }

  /** The kernel had no room for a packet, or the socket an error, which the receiver is told when the call that sends has returned. */
  unsent(packet: Uint8Array, result: number): void {
    if (result === EAGAIN) {
      setImmediate(() => {
        if (!this.isClosed) this.send(packet)
      })
    } else {
      this.#failSoon(this.#error('write', syscallError('write', result)))
    }
  }

  #failSoon(error: OpError): void {
    setImmediate(() => {
      if (!this.isClosed) this.#receiver.failed(error)
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
