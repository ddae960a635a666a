// struct sock_extended_err of linux/errqueue.h: ip(7), ipv6(7).
import { IP, type Addr } from '@net/addr'
import type { QueuedError } from '@net/contract'
import { ENOPROTOOPT } from '../abi/errno.ts'
import { packetABI } from '../abi/ip.ts'
import { abi } from '../abi/system.ts'
import { controlMessages, type ControlMessage } from './cmsg.ts'
import { received, recvmsg } from './msg.ts'
import { setsockoptInt } from '../sys/sockopt.ts'
import { errnoOf } from '../sys/syscall.ts'

/*
 *  0        4        5      6      7     8        12       16
 *  +--------+--------+------+------+-----+--------+--------+---------------------
 *  | errno  | origin | type | code | pad | info   | data   | offender: a sockaddr
 *  +--------+--------+------+------+-----+--------+--------+---------------------
 */
const SizeofSockExtendedErr = 16
const origins: readonly QueuedError['origin'][] = ['none', 'local', 'icmp', 'icmp6'] // SO_EE_ORIGIN_

/** Keeps errors, or no longer. `both` as for switchControl. Gives 0 or a negated error number. */
export function switchErrorQueue(fd: number, family: number, both: boolean, on: boolean): number {
  const { IP_RECVERR, IPV6_RECVERR } = packetABI
  if (IP_RECVERR === 0) return ENOPROTOOPT
  const value = on ? 1 : 0
  if (family === abi.AF_INET) return setsockoptInt(fd, abi.IPPROTO_IP, IP_RECVERR, value)
  const result = setsockoptInt(fd, abi.IPPROTO_IPV6, IPV6_RECVERR, value)
  return result < 0 || !both ? result : setsockoptInt(fd, abi.IPPROTO_IP, IP_RECVERR, value)
}

/** A queued error as far as control messages tell of it. */
export type ExtendedError = Omit<QueuedError, 'destination' | 'data'>

function offenderOf(sockaddr: Uint8Array): IP | null {
  const family = (sockaddr[0] ?? 0) | ((sockaddr[1] ?? 0) << 8)
  if (family === abi.AF_INET && sockaddr.byteLength >= 8) return IP.from(sockaddr.subarray(4, 8))
  if (family === abi.AF_INET6 && sockaddr.byteLength >= 24) return IP.from(sockaddr.subarray(8, 24))
  return null
}

function parseOne({ level, type, data }: ControlMessage): ExtendedError | null {
  const v4 = level === abi.IPPROTO_IP && type === packetABI.IP_RECVERR
  const v6 = level === abi.IPPROTO_IPV6 && type === packetABI.IPV6_RECVERR
  if ((!v4 && !v6) || data.byteLength < SizeofSockExtendedErr) return null
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return {
    error: errnoOf(-view.getUint32(0, true)),
    origin: origins[view.getUint8(4)] ?? 'other',
    type: view.getUint8(5),
    code: view.getUint8(6),
    info: view.getUint32(8, true),
    offender: offenderOf(data.subarray(SizeofSockExtendedErr)),
  }
}

/** The error that control messages tell of, or null when they tell of none. */
export function parseExtendedError(oob: Uint8Array): ExtendedError | null {
  for (const message of controlMessages(oob)) {
    const found = parseOne(message)
    if (found !== null) return found
  }
  return null
}

const MAX_PACKET = 65535
const MAX_CONTROL = 512

/** Takes all errors from a socket's queue; `destination` makes an address of sockaddrIn. */
export function takeErrors(fd: number, destination: () => Addr): QueuedError[] {
  const errors: QueuedError[] = []
  if (packetABI.MSG_ERRQUEUE === 0) return errors
  const data = new Uint8Array(MAX_PACKET)
  const oob = new Uint8Array(MAX_CONTROL)
  for (;;) {
    // Reading the queue never waits: an empty queue gives EAGAIN.
    const n = recvmsg(fd, data, oob, packetABI.MSG_ERRQUEUE)
    if (n < 0) return errors
    const found = parseExtendedError(oob.subarray(0, received.oobn))
    if (found !== null) errors.push({ ...found, destination: destination(), data: data.slice(0, n) })
  }
}
