import { EventEmitter } from 'node:events'
import type { IP } from '@net/addr'
import { ErrWindows } from '@net/stubs'
import { windows } from '../abi/windows.ts'
import type { SocketWatch } from '../ffi/ffi.ts'
import type { DatagramSocket } from '../hosted/datagram.ts'
import { parseHostAddress } from '../hosted/ipsock.ts'
import { winsock, ws2_32 } from '../sys/ws2_32.ts'
import { payloadOffset } from '../wire/ipv4_header.ts'
import { decodeSockaddr, encodeSockaddr, SOCKADDR_SIZE } from '../wire/sockaddr_windows.ts'

/** A packet is never longer, so one buffer takes any of them until it is copied into one of its own size. */
const MAX_PACKET = 65535
/** Packets that are read before others get their turn. */
const TURN = 64

const room = new Uint8Array(MAX_PACKET)

function int(n: number): Uint8Array {
  return new Uint8Array(Int32Array.of(n).buffer)
}

function mustWait(e: unknown): boolean {
  return (e as { code?: unknown }).code === 'EWOULDBLOCK'
}

/** The structure of an address as text. */
function sockaddr(version: 4 | 6, host: string): Uint8Array {
  const { ip, zone } = parseHostAddress(host)
  if (ip === null) throw new TypeError(`${host} is no address`)
  return encodeSockaddr(version, ip, Number(zone) || 0)
}

/** A raw IP socket of Winsock, which looks like one of the host's for datagrams. Packets come without the header of IPv4. */
export class RawSocket extends EventEmitter implements DatagramSocket {
  readonly #version: 4 | 6
  readonly #socket: number
  readonly #watch: SocketWatch
  #open = true

  /** Makes a socket for a protocol of an IP version. Throws `ErrWindows`, or a bare error of Winsock. */
  constructor(version: 4 | 6, protocol: number) {
    super()
    const family = version === 4 ? windows.AF_INET : windows.AF_INET6
    const flags = windows.WSA_FLAG_OVERLAPPED | windows.WSA_FLAG_NO_HANDLE_INHERIT
    this.#version = version
    this.#socket = winsock('WSASocketW', family, windows.SOCK_RAW, protocol, null, 0, flags)
    try {
      winsock('ioctlsocket', this.#socket, windows.FIONBIO, int(1))
      this.#watch = ws2_32().library.watch(this.#socket, () => this.#readable())
    } catch (e) {
      ws2_32().closesocket(this.#socket)
      throw e
    }
  }

  /** Binds it to an address. Throws a bare error. */
  bind(host: string): void {
    const addr = sockaddr(this.#version, host)
    winsock('bind', this.#socket, addr, addr.byteLength)
  }

  /** Gives it a peer. Throws a bare error. */
  connect(host: string): void {
    const addr = sockaddr(this.#version, host)
    winsock('connect', this.#socket, addr, addr.byteLength)
  }

  /** Its own address. */
  address(): { ip: IP; scope: number } {
    const addr = new Uint8Array(SOCKADDR_SIZE)
    winsock('getsockname', this.#socket, addr, int(SOCKADDR_SIZE))
    return decodeSockaddr(addr)
  }

  send(data: Uint8Array, then: (e: Error | null) => void): void
  send(data: Uint8Array, port: number, host: string, then: (e: Error | null) => void): void
  send(
    data: Uint8Array,
    ...rest: [(e: Error | null) => void] | [port: number, host: string, (e: Error | null) => void]
  ): void {
    const [then, addr] = rest.length === 1 ? [rest[0], null] : [rest[2], sockaddr(this.#version, rest[1])]
    const e = this.#send(data, addr)
    setImmediate(() => {
      // A packet that finds no room waits for the next turn, as Windows tells of room to the host's sockets alone.
      if (e !== undefined) then(e)
      else if (this.#open && rest.length === 1) this.send(data, then)
      else if (this.#open && rest.length === 3) this.send(data, rest[0], rest[1], then)
    })
  }

  /** Sends a packet: null when it went, undefined when there is no room, else the error. */
  #send(data: Uint8Array, addr: Uint8Array | null): Error | null | undefined {
    try {
      if (addr === null) winsock('send', this.#socket, data, data.byteLength, 0)
      else winsock('sendto', this.#socket, data, data.byteLength, 0, addr, addr.byteLength)
      return null
    } catch (e) {
      return mustWait(e) ? undefined : (e as Error)
    }
  }

  close(then: () => void): void {
    this.#open = false
    this.#watch.close()
    ws2_32().closesocket(this.#socket)
    setImmediate(then)
  }

  ref(): void {
    this.#watch.ref()
  }

  unref(): void {
    this.#watch.unref()
  }

  getRecvBufferSize(): number {
    const value = int(0)
    winsock('getsockopt', this.#socket, windows.SOL_SOCKET, windows.SO_RCVBUF, value, int(4))
    return new DataView(value.buffer).getInt32(0, true)
  }

  setRecvBufferSize(bytes: number): void {
    this.#set(windows.SOL_SOCKET, windows.SO_RCVBUF, int(bytes))
  }

  setSendBufferSize(bytes: number): void {
    this.#set(windows.SOL_SOCKET, windows.SO_SNDBUF, int(bytes))
  }

  /** Lets it send to broadcast addresses, as Go does. */
  setBroadcast(): void {
    this.#set(windows.SOL_SOCKET, windows.SO_BROADCAST, int(1))
  }

  setMulticastInterface(address: string): void {
    this.#set(windows.IPPROTO_IP, windows.IP_MULTICAST_IF, this.#octets(address))
  }

  setMulticastLoopback(on: boolean): void {
    this.#setMulticast(windows.IP_MULTICAST_LOOP, int(Number(on)))
  }

  setMulticastTTL(ttl: number): void {
    this.#setMulticast(windows.IP_MULTICAST_TTL, int(ttl))
  }

  addMembership(group: string, on = '0.0.0.0'): void {
    this.#setMulticast(windows.IP_ADD_MEMBERSHIP, this.#octets(group, on))
  }

  dropMembership(group: string, on = '0.0.0.0'): void {
    this.#setMulticast(windows.IP_DROP_MEMBERSHIP, this.#octets(group, on))
  }

  addSourceSpecificMembership(source: string, group: string, on = '0.0.0.0'): void {
    this.#setMulticast(windows.IP_ADD_SOURCE_MEMBERSHIP, this.#octets(group, source, on))
  }

  dropSourceSpecificMembership(source: string, group: string, on = '0.0.0.0'): void {
    this.#setMulticast(windows.IP_DROP_SOURCE_MEMBERSHIP, this.#octets(group, source, on))
  }

  /** The IPv4 addresses of ip_mreq, ip_mreq_source and in_addr, one after the other. */
  #octets(...addresses: string[]): Uint8Array {
    return Uint8Array.from(
      addresses.flatMap((text) => [...(parseHostAddress(text).ip?.to4()?.bytes() ?? [])]),
    )
  }

  /** Only IPv4's multicast is known here. */
  #setMulticast(option: number, value: Uint8Array): void {
    if (this.#version === 6) throw ErrWindows
    this.#set(windows.IPPROTO_IP, option, value)
  }

  #set(level: number, option: number, value: Uint8Array): void {
    winsock('setsockopt', this.#socket, level, option, value, value.byteLength)
  }

  /** Reads what is there. */
  #readable(): void {
    try {
      for (let i = 0; i < TURN && this.#open; i++) this.#receive()
    } catch (e) {
      if (!mustWait(e)) this.emit('error', e)
    }
  }

  #receive(): void {
    const addr = new Uint8Array(SOCKADDR_SIZE)
    const n = winsock('recvfrom', this.#socket, room, MAX_PACKET, 0, addr, int(SOCKADDR_SIZE))
    const { ip, scope } = decodeSockaddr(addr)
    const from = { address: scope === 0 ? ip.toString() : `${ip.toString()}%${scope}`, port: 0 }
    this.emit('message', room.slice(this.#version === 4 ? payloadOffset(room, n) : 0, n), from)
  }
}
