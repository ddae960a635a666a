import { IPAddr, parseNetwork, UnknownNetworkError } from '@net/addr'
import {
  ErrDeadlineExceeded,
  OpError,
  type DialOptions,
  type IOOptions,
  type IPConn,
  type IPRawSockGroup,
  type ListenOptions,
  type ReceivedMessage,
  type SentMessage,
  checkAddr,
  checkAddrs,
  missingAddress,
} from '@net/contract'
import { deadlineAt } from '@net/io'
import { ProtocolsFile } from '@net/resolve'
import { ErrWindows } from '@net/stubs'
import { DatagramHandle, type Sender } from '../hosted/datagram.ts'
import { hostAddress, parseHostAddress, socketFamily } from '../hosted/ipsock.ts'
import { HostedPacketConn } from '../hosted/packetconn.ts'
import { RawSocket } from './raw_socket.ts'

const nobody = new IPAddr(null)
const PORT = 1 // raw IP has none, and the host's sockets refuse 0

/** A raw IP socket of Winsock. */
class WindowsIPConn extends HostedPacketConn<IPAddr> implements IPConn {
  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]> {
    return this.readFrom(p, options)
  }

  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Refuses: control messages want WSARecvMsg. */
  readMsgIP(_p: Uint8Array, _oob: Uint8Array): Promise<ReceivedMessage<IPAddr>> {
    return this.refused('read', null)
  }

  /** Refuses: control messages want WSASendMsg. */
  writeMsgIP(_p: Uint8Array, _oob: Uint8Array, addr: IPAddr | null): Promise<SentMessage> {
    return this.refused('write', addr)
  }

  protected noPeer(): IPAddr {
    return nobody
  }

  protected sender({ address }: Sender): IPAddr {
    const { ip, zone } = parseHostAddress(address)
    return new IPAddr(ip, zone)
  }

  protected port(): number {
    return PORT
  }

  protected checkAddr(addr: unknown): TypeError | null {
    return checkAddr(addr, 'an IPAddr')
  }
}

const protocols = new ProtocolsFile()

/** An address with the port that the functions of the host's sockets want. */
function withPort(a: IPAddr): { ip: IPAddr['ip']; zone: string; port: number } {
  return { ip: a.ip, zone: a.zone, port: PORT }
}

/** Makes a socket that is bound, and connected unless `raddr` is null. Throws bare errors. */
function open(network: string, laddr: IPAddr | null, raddr: IPAddr | null, mode: 'dial' | 'listen'): IPConn {
  const { afnet, proto } = parseNetwork(network, true, (name) => protocols.get().get(name) ?? null)
  if (!/^ip[46]?$/.test(afnet)) throw new UnknownNetworkError(network)
  const local = laddr === null ? null : withPort(laddr)
  const remote = raddr === null ? null : withPort(raddr)
  const { version } = socketFamily(afnet, local, remote, mode)
  const here = hostAddress(version, local, true)
  const there = remote === null ? null : hostAddress(version, remote, false)
  const socket = new RawSocket(version, proto)
  try {
    socket.setBroadcast()
    // Windows gives packets to a bound socket only, and connect binds none that is raw.
    socket.bind(here)
    if (there !== null) socket.connect(there)
    const { ip, scope } = socket.address()
    const addr = new IPAddr(ip, scope === 0 ? '' : String(scope))
    return new WindowsIPConn(new DatagramHandle(socket, afnet, addr, raddr), version)
  } catch (e) {
    socket.close(() => {
      // Nobody waits for the end of a socket that was not to be had.
    })
    throw e
  }
}

function dial(network: string, laddr: IPAddr | null, raddr: IPAddr | null, options: DialOptions): IPConn {
  checkAddrs('an IPAddr', laddr, raddr)
  options.signal?.throwIfAborted()
  try {
    if (raddr === null) throw missingAddress()
    if (options.control !== undefined) throw ErrWindows
    if (deadlineAt(options.deadline ?? null) <= performance.now()) throw ErrDeadlineExceeded
    return open(network, laddr, raddr, 'dial')
  } catch (e) {
    throw new OpError('dial', network, laddr, raddr, e as Error)
  }
}

function listen(network: string, laddr: IPAddr | null, options: ListenOptions): IPConn {
  checkAddrs('an IPAddr', laddr)
  try {
    if (options.control !== undefined || options.reusePort === true) throw ErrWindows
    return open(network, laddr, null, 'listen')
  } catch (e) {
    throw new OpError('listen', network, null, laddr ?? nobody, e as Error)
  }
}

/**
 * Raw IP of Windows, through ws2_32.dll, for which it wants an administrator: EACCES else. Each socket is one of our own, so it has
 * the sizes of its buffers and IPv4's multicast as options; descriptors, control messages and IPv6's multicast refuse with
 * `ErrWindows`. So does every call where the library cannot be called: on another system, on a 32-bit processor, in a worker
 * thread, or where koffi cannot be loaded. Windows sends no TCP over such sockets, nor UDP from an address that is not its own.
 */
export const windowsIPRawSockGroup: IPRawSockGroup = {
  async dialIP(network, laddr, raddr, options = {}) {
    return await Promise.resolve(dial(network, laddr, raddr, options))
  },

  async listenIP(network, laddr, options = {}) {
    return await Promise.resolve(listen(network, laddr, options))
  },
}
