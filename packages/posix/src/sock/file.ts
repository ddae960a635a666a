import type { Addr, UnixAddr } from '@net/addr'
import {
  OpError,
  type Conn,
  type FileGroup,
  type FileLike,
  type Listener,
  type PacketConn,
} from '@net/contract'
import { EINVAL, EPROTONOSUPPORT } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { closeDescriptor, ownDescriptor, reserveDescriptor, setNonblocking } from '../sys/descriptor.ts'
import { IPPROTO_MPTCP } from '../option/sockopt_linux.ts'
import { FD } from '../fd/fd.ts'
import type { Names } from '../fd/names.ts'
import { ipNames, PosixIPConn } from './iprawsock.ts'
import { getFamily } from '../wire/sockaddr.ts'
import { askName } from '../wire/socket_name.ts'
import { must } from '../fd/sock.ts'
import * as sockopt from '../sys/sockopt.ts'
import { errnoOf, fcntl } from '../sys/syscall.ts'
import { PosixTCPListener, tcpNames, PosixTCPConn } from './tcpsock.ts'
import { PosixUDPConn } from './udpconn.ts'
import { udpNames } from './udpsock.ts'
import { unixNames, PosixUnixConn } from './unixconn.ts'
import { PosixUnixListener } from './unixlistener.ts'

/** What a descriptor turned out to be. */
interface Found {
  readonly fd: FD
  readonly family: number
  readonly listens: boolean
  /** Whether IPv4 packets come with their header; those of ping sockets do not. */
  readonly raw: boolean
}

function option(s: number, name: number): number {
  const out = { value: 0 }
  must('getsockopt', sockopt.getsockoptInt(s, abi.SOL_SOCKET, name, out))
  return out.value
}

/**
 * The network of a socket and how to ask for its addresses, or null for kinds that the package does not know.
 */
function kindOf(family: number, sotype: number, proto: number): { net: string; names: Names } | null {
  if (family === abi.AF_UNIX) {
    const net = sotype === abi.SOCK_DGRAM ? 'unixgram' : sotype === abi.SOCK_SEQPACKET ? 'unixpacket' : 'unix'
    return { net, names: unixNames[net] }
  }
  if (family !== abi.AF_INET && family !== abi.AF_INET6) return null
  if (sotype === abi.SOCK_RAW) return { net: 'ip', names: ipNames }
  // Kernels without SO_PROTOCOL do not say the protocol; the family's usual one is assumed.
  const told = abi.SO_PROTOCOL !== 0
  // Multipath TCP differs from TCP in nothing that matters here.
  if (sotype === abi.SOCK_STREAM && (!told || proto === abi.IPPROTO_TCP || proto === IPPROTO_MPTCP)) {
    return { net: 'tcp', names: tcpNames }
  }
  if (sotype !== abi.SOCK_DGRAM) return null
  if (!told || proto === abi.IPPROTO_UDP) return { net: 'udp', names: udpNames }
  return proto === abi.IPPROTO_ICMP || proto === abi.IPPROTO_ICMPV6 ? { net: 'ip', names: ipNames } : null
}

function recognise(s: number): Found {
  const sotype = option(s, abi.SO_TYPE)
  must('getsockname', askName(s))
  const family = getFamily()
  const kind = kindOf(family, sotype, abi.SO_PROTOCOL === 0 ? 0 : option(s, abi.SO_PROTOCOL))
  if (kind === null) throw errnoOf(EPROTONOSUPPORT)
  const listens = option(s, abi.SO_ACCEPTCONN) !== 0
  // O_NONBLOCK is shared by all holders of an open file, so it is set only once this is known to be a socket
  // and not, say, the terminal of other processes.
  must('setnonblock', setNonblocking(s))
  const fd = new FD(s, kind.net, kind.names)
  fd.share()
  return { fd, family, listens, raw: sotype === abi.SOCK_RAW }
}

/** The name of a file as the address of an error. */
class FileAddr implements Addr {
  readonly network = 'file+net'
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  toString(): string {
    return this.#name
  }
}

/**
 * Duplicates the descriptor of `f`, finds out what it is, and gives what `make` makes of it; null is "invalid
 * argument".
 */
async function adopt<T>(f: FileLike, make: (found: Found) => T | null): Promise<T> {
  const number: unknown = f.fd
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw new TypeError('the file has no descriptor')
  let s = -1
  try {
    must('open', reserveDescriptor())
    s = must('fcntl', ownDescriptor(fcntl(number, abi.F_DUPFD_CLOEXEC, 0)))
    const made = make(recognise(s))
    if (made === null) throw errnoOf(EINVAL)
    return made
  } catch (e) {
    if (s >= 0) closeDescriptor(s)
    const name = typeof f.name === 'string' ? f.name : `fd ${number}`
    throw new OpError('file', 'file+net', null, new FileAddr(name), e as Error)
  }
}

function newTCPConn(fd: FD): PosixTCPConn {
  sockopt.setNoDelay(fd.fd, true)
  sockopt.setKeepAliveOption(fd.fd, undefined)
  return new PosixTCPConn(fd)
}

function connOf({ fd, family, listens, raw }: Found): Conn | null {
  if (listens) return null
  if (fd.net === 'tcp') return newTCPConn(fd)
  if (fd.net === 'udp') return new PosixUDPConn(fd, family, fd.remoteAddr !== null)
  if (fd.net === 'ip') return new PosixIPConn(fd, family, fd.remoteAddr !== null, raw)
  return new PosixUnixConn(fd, fd.remoteAddr !== null)
}

function listenerOf({ fd, listens }: Found): Listener | null {
  if (!listens) return null
  fd.setAddrs(undefined, null)
  if (fd.net !== 'tcp') return new PosixUnixListener(fd, fd.localAddr as UnixAddr, false)
  // Accepted connections inherit both options, as from a listener made here.
  sockopt.setNoDelay(fd.fd, true)
  sockopt.setKeepAliveOption(fd.fd, undefined)
  return new PosixTCPListener(fd)
}

function packetConnOf({ fd, family, listens, raw }: Found): PacketConn | null {
  if (listens) return null
  if (fd.net === 'udp') return new PosixUDPConn(fd, family, fd.remoteAddr !== null)
  if (fd.net === 'ip') return new PosixIPConn(fd, family, fd.remoteAddr !== null, raw)
  return fd.net === 'unixgram' || fd.net === 'unixpacket'
    ? new PosixUnixConn(fd, fd.remoteAddr !== null)
    : null
}

/**
 * Connections, listeners and packet connections from descriptors, of any socket of TCP, UDP, raw IP and the
 * Unix domain.
 */
export const fileGroup: FileGroup = {
  fileConn: (f) => adopt(f, connOf),
  fileListener: (f) => adopt(f, listenerOf),
  filePacketConn: (f) => adopt(f, packetConnOf),
}
