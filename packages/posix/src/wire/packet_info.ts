// struct in_pktinfo and in6_pktinfo of netinet/in.h, ip(7), ipv6(7), RFC 3542.
import { AddrError, IP } from '@net/addr'
import type { ControlOptions } from '@net/contract'
import { ENOPROTOOPT } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { packetABI } from '../abi/ip.ts'
import { controlMessages, marshalControl, type ControlMessage } from './cmsg.ts'
import { setsockoptInt } from '../sys/sockopt.ts'

/*
 * struct in_pktinfo                     struct in6_pktinfo
 *  0          4          8         12    0                16         20
 *  +----------+----------+---------+     +----------------+----------+
 *  | index    | spec_dst | addr    |     | addr           | index    |
 *  +----------+----------+---------+     +----------------+----------+
 */

/** What control messages say of a packet that was received; what none says is absent. */
export interface PacketInfo {
  /** The address the packet was sent to. */
  readonly destination?: IP
  /** The number of the interface it came in by. */
  readonly interfaceIndex?: number
  /** The time to live, or hop limit, it arrived with, in hops. */
  readonly ttl?: number
  /** The type of service, or traffic class: DSCP in the upper six bits, ECN in the lower two. */
  readonly tos?: number
  /** The size of the packets that the kernel put together (UDP_GRO). */
  readonly segmentSize?: number
}

/** What control messages ask of a packet to send; what is absent is as the socket has it. */
export interface PacketControl {
  /** The address the packet is from: one of this host's. */
  readonly source?: IP | null | undefined
  /** The number of the interface to send by; 0 leaves it to the routes. */
  readonly interfaceIndex?: number | undefined
  /** The time to live, or hop limit, in hops. */
  readonly ttl?: number | undefined
  /** The type of service, or traffic class: DSCP in the upper six bits, ECN in the lower two. */
  readonly tos?: number | undefined
  /** The size of the packets to cut the bytes into (UDP_SEGMENT, linux). */
  readonly segmentSize?: number | undefined
}

function view(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}

/** Reads a number that some kernels give as an int and some as a byte. */
function number(data: Uint8Array): number | undefined {
  return data.byteLength >= 4 ? view(data).getInt32(0, true) : data[0]
}

type Mutable = { -readonly [K in keyof PacketInfo]: PacketInfo[K] }

function parseIPv4({ type, data }: ControlMessage, info: Mutable): void {
  if (type === packetABI.IP_PKTINFO && type !== 0) {
    if (data.byteLength < 12) return
    info.interfaceIndex = view(data).getUint32(0, true)
    info.destination = IP.from(data.subarray(8, 12))
  } else if (type === packetABI.IP_RECVDSTADDR && type !== 0) {
    if (data.byteLength >= 4) info.destination = IP.from(data.subarray(0, 4))
  } else if (type === packetABI.IP_RECVIF && type !== 0) {
    // struct sockaddr_dl: length and family in a byte each, then the index in two.
    if (data.byteLength >= 4) info.interfaceIndex = view(data).getUint16(2, true)
  } else {
    const value = number(data)
    if (value === undefined) return
    if (type === packetABI.ttlReceived) info.ttl = value
    else if (type === packetABI.tosReceived) info.tos = value
  }
}

function parseIPv6({ type, data }: ControlMessage, info: Mutable): void {
  if (data.byteLength < 4) return
  if (type === packetABI.IPV6_PKTINFO) {
    if (data.byteLength < 20) return
    info.destination = IP.from(data.subarray(0, 16))
    info.interfaceIndex = view(data).getUint32(16, true)
  } else if (type === packetABI.IPV6_HOPLIMIT) {
    info.ttl = view(data).getInt32(0, true)
  } else if (type === packetABI.IPV6_TCLASS) {
    info.tos = view(data).getInt32(0, true)
  }
}

/**
 * What the control messages in `oob` say of the packet that they came with. Only `oob` up to the `oobn` of
 * the read holds any. Which come is chosen by setControlMessages; others, and what is cut short, are passed
 * over.
 *
 * @example
 * ```ts
 * import { parseIP, UDPAddr } from '@net/addr'
 * import { listenUDPSync, parsePacketInfo } from '@net/posix'
 *
 * const conn = listenUDPSync('udp4', new UDPAddr(parseIP('127.0.0.1'), 0))
 * conn.setControlMessages({ destination: true })
 * await conn.writeTo(new Uint8Array(5), conn.localAddr)
 * const oob = new Uint8Array(128)
 * const { oobn } = await conn.readMsgUDP(new Uint8Array(16), oob)
 * console.log(parsePacketInfo(oob.subarray(0, oobn)).destination?.toString()) // 127.0.0.1
 * await conn.close()
 * ```
 */
export function parsePacketInfo(oob: Uint8Array): PacketInfo {
  const info: Mutable = {}
  for (const message of controlMessages(oob)) {
    const { level, type, data } = message
    if (level === abi.IPPROTO_IP) parseIPv4(message, info)
    else if (level === abi.IPPROTO_IPV6) parseIPv6(message, info)
    else if (level === abi.IPPROTO_UDP && type === packetABI.UDP_GRO && type !== 0 && data.byteLength >= 4) {
      info.segmentSize = view(data).getInt32(0, true)
    }
  }
  return info
}

function int(level: number, type: number, value: number): ControlMessage {
  return { level, type, data: new Uint8Array(Int32Array.of(value).buffer) }
}

function sourceIPv4(source: Uint8Array | undefined, index: number): ControlMessage | null {
  const type = packetABI.IP_PKTINFO
  if (type !== 0) {
    const data = new Uint8Array(12)
    view(data).setUint32(0, index, true)
    if (source !== undefined) data.set(source, 4)
    return { level: abi.IPPROTO_IP, type, data }
  }
  if (source === undefined) return null
  return { level: abi.IPPROTO_IP, type: packetABI.IP_RECVDSTADDR, data: source }
}

function sourceIPv6(source: Uint8Array | undefined, index: number): ControlMessage {
  const data = new Uint8Array(20)
  if (source !== undefined) data.set(source)
  view(data).setUint32(16, index, true)
  return { level: abi.IPPROTO_IPV6, type: packetABI.IPV6_PKTINFO, data }
}

/**
 * The control messages of a packet to `to` whose sending is to be as `control` says, for writeMsgUDP,
 * writeMsgIP and writeBatch. The kernel looks at the values: one out of range is EINVAL of the write. Throws
 * an {@link AddrError} for a source of another family than `to`, a RangeError for a segment size that does
 * not fit its 16 bits.
 *
 * @example
 * ```ts
 * import { parseIP, UDPAddr } from '@net/addr'
 * import { listenUDPSync, marshalPacketControl } from '@net/posix'
 *
 * const conn = listenUDPSync('udp4', new UDPAddr(parseIP('127.0.0.1'), 0))
 * const oob = marshalPacketControl({ ttl: 3 }, conn.localAddr)
 * console.log((await conn.writeMsgUDP(new Uint8Array(5), oob, conn.localAddr)).n) // 5
 * await conn.close()
 * ```
 */
export function marshalPacketControl(
  control: PacketControl,
  to: { readonly ip: IP | null },
): Uint8Array<ArrayBuffer> {
  const { source = null, interfaceIndex = 0, ttl, tos, segmentSize } = control
  const v4 = (to.ip?.to4() ?? null) !== null
  const messages: ControlMessage[] = []
  if (source !== null || interfaceIndex !== 0) {
    if (source !== null && (source.to4() !== null) !== v4) {
      throw new AddrError(`non-IPv${v4 ? 4 : 6} address`, source.toString())
    }
    const from = (v4 ? source?.to4() : source)?.bytes()
    const message = v4 ? sourceIPv4(from, interfaceIndex) : sourceIPv6(from, interfaceIndex)
    if (message !== null) messages.push(message)
  }
  if (ttl !== undefined) {
    messages.push(
      v4 ? int(abi.IPPROTO_IP, packetABI.IP_TTL, ttl) : int(abi.IPPROTO_IPV6, packetABI.IPV6_HOPLIMIT, ttl),
    )
  }
  if (tos !== undefined) {
    messages.push(
      v4 ? int(abi.IPPROTO_IP, packetABI.IP_TOS, tos) : int(abi.IPPROTO_IPV6, packetABI.IPV6_TCLASS, tos),
    )
  }
  if (segmentSize !== undefined) {
    if (!Number.isInteger(segmentSize) || segmentSize < 0 || segmentSize > 0xffff) {
      throw new RangeError(`${String(segmentSize)} is not the size of a segment`)
    }
    const data = new Uint8Array(Uint16Array.of(segmentSize).buffer)
    messages.push({ level: abi.IPPROTO_UDP, type: packetABI.UDP_SEGMENT, data })
  }
  return marshalControl(messages)
}

function switchIPv4(fd: number, { destination, ttl, tos }: ControlOptions): number {
  const t = packetABI
  const to: [number, boolean][] = []
  if (destination !== undefined) {
    if (t.IP_RECVPKTINFO !== 0) to.push([t.IP_RECVPKTINFO, destination])
    else to.push([t.IP_RECVDSTADDR, destination], [t.IP_RECVIF, destination])
  }
  if (ttl !== undefined) to.push([t.IP_RECVTTL, ttl])
  if (tos !== undefined) to.push([t.IP_RECVTOS, tos])
  return switchAll(fd, abi.IPPROTO_IP, to)
}

function switchIPv6(fd: number, { destination, ttl, tos }: ControlOptions): number {
  const to: [number, boolean][] = []
  if (destination !== undefined) to.push([packetABI.IPV6_RECVPKTINFO, destination])
  if (ttl !== undefined) to.push([packetABI.IPV6_RECVHOPLIMIT, ttl])
  if (tos !== undefined) to.push([packetABI.IPV6_RECVTCLASS, tos])
  return switchAll(fd, abi.IPPROTO_IPV6, to)
}

function switchAll(fd: number, level: number, to: readonly [number, boolean][]): number {
  for (const [option, on] of to) {
    const result = option === 0 ? ENOPROTOOPT : setsockoptInt(fd, level, option, on ? 1 : 0)
    if (result < 0) return result
  }
  return 0
}

/**
 * Switches control messages on or off. `both` says that an IPv6 socket has IPv4 packets, too, whose messages
 * linux switches on the same socket by IPv4's options. Gives 0 or a negated error number.
 */
export function switchControl(fd: number, family: number, both: boolean, options: ControlOptions): number {
  if (family === abi.AF_INET) return switchIPv4(fd, options)
  const result = switchIPv6(fd, options)
  return result < 0 || !both || !abi.has.ipv4OptionsOnIPv6 ? result : switchIPv4(fd, options)
}
