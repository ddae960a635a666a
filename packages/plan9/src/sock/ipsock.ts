import { AddrError, type IP, IPv6loopback, ipv4 } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type IOOptions,
  type IPSockGroup,
  type ListenOptions,
  type NetFS,
  checkAddr,
  checkNetwork,
  missingAddress,
  isError,
} from '@net/contract'
import { deadlineAt, endingOf, isOver, socketDisabledIPv6, within } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import {
  type KnownAddresses,
  OpenConversation,
  leave,
  openData,
  type Opened,
} from '../file/open_conversation.ts'
import { inTree, protocolOf, queryCS1 } from '../file/cs.ts'
import { errno, plan9Error } from '../file/errors.ts'
import { plan9AddrOf, plan9LocalAddr } from '../file/plan9_addr.ts'

/** The part of an internet address that a conversation is made from. */
export interface InetAddr {
  readonly network: string
  readonly ip: IP | null
  readonly port: number
  toString(): string
}

/**
 * What the stack of a tree supports. Plan 9 has IPv6 throughout, with IPv4 inside it; a machine without an
 * address of one family fails each call in its own words.
 */
export const plan9IPSockGroup: IPSockGroup = {
  supportsIPv4: () => true,
  supportsIPv6: () => !socketDisabledIPv6(),
  supportsIPv4map: () => !socketDisabledIPv6(),
}

const kinds = { tcp: 'a TCPAddr', udp: 'a UDPAddr' } as const

/**
 * Checks that addresses are of a protocol's kind, or none. Throws a TypeError, which is the caller's to know
 * as it is.
 */
function checkKinds(protocol: 'tcp' | 'udp', ...addrs: unknown[]): void {
  for (const addr of addrs) {
    const wrong = addr === null ? null : checkAddr(addr, kinds[protocol])
    if (wrong !== null) throw wrong
  }
}

/** Checks a network and the addresses with it. Throws bare errors. */
function checkAddrs(network: string, protocol: string, ...addrs: (InetAddr | null)[]): void {
  checkNetwork(network, protocol)
  for (const addr of addrs) {
    const ip = addr?.ip ?? null
    const v4 = ip === null ? network.endsWith('4') : ip.to4() !== null
    // An unspecified address says nothing of the family, but that [::] is none of IPv4.
    const any = ip === null || ip.isUnspecified
    if (network.endsWith('4') && !v4) throw new AddrError('non-IPv4 address', String(ip))
    if (network.endsWith('6') && v4 && !any) throw new AddrError('non-IPv6 address', String(ip))
    if ((network.endsWith('6') || !(v4 || any)) && socketDisabledIPv6()) throw errno('EAFNOSUPPORT')
    if (addr !== null && !(Number.isInteger(addr.port) && addr.port >= 0 && addr.port <= 65535))
      throw new AddrError('invalid port', String(addr.port))
  }
}

/** Refuses what can't be told to a tree. Throws it bare. */
function checkOptions({ control, reusePort, reuseAddress }: DialOptions & ListenOptions): void {
  if (control !== undefined || reusePort === true || reuseAddress !== undefined) throw ErrPlan9
}

// The way to a network is the one that cs names. A numeric address needs no translation: without a cs, and
// with one that can't tell, it is used as it is.
async function clone(
  fs: NetFS,
  network: string,
  addr: { readonly ip: IP | null; readonly port: number },
  options: IOOptions | undefined,
): Promise<{ path: string; dest: string }> {
  const host = addr.ip === null || addr.ip.isUnspecified ? '*' : addr.ip.toString()
  try {
    const found = await queryCS1(fs, network, addr.ip, addr.port, options)
    return { path: inTree(found.clone), dest: found.dest }
  } catch (e) {
    if (isOver(options) || isDenial(e)) throw e
    return {
      path: `${protocolOf(network)}/clone`,
      dest: host === '*' ? String(addr.port) : `${host}!${addr.port}`,
    }
  }
}

// The cs of an export speaks for its policy: what it denies is not tried in another way.
function isDenial(e: unknown): boolean {
  return isError(e) && /^cs: .*permission denied$/.test(e.message)
}

/** Connects a conversation. Rejects with the dial's {@link OpError} or the signal's reason. */
export async function dialPlan9(
  fs: NetFS,
  network: string,
  protocol: 'tcp' | 'udp',
  laddr: InetAddr | null,
  raddr: InetAddr | null,
  options: DialOptions,
): Promise<Opened> {
  checkKinds(protocol, laddr, raddr)
  try {
    checkAddrs(network, protocol, laddr, raddr)
    if (raddr === null) throw missingAddress()
    checkOptions(options)
    const any = raddr.ip === null || raddr.ip.isUnspecified
    const ip = any ? (network.endsWith('6') ? IPv6loopback : ipv4(127, 0, 0, 1)) : raddr.ip
    const to = { ip, port: raddr.port }
    const deadline = deadlineAt(options.deadline ?? null)
    return await within(options, deadline, (limits) => connect(fs, network, laddr, to, limits), drop)
  } catch (e) {
    const ending = endingOf(options)
    if (ending?.isOver === true && e === ending.reason) throw e
    throw new OpError('dial', network, laddr, raddr, plan9Error('dial', e))
  }
}

function drop({ conversation, data }: Opened): void {
  leave(data)
  conversation.drop()
}

async function connect(
  fs: NetFS,
  network: string,
  laddr: InetAddr | null,
  to: { readonly ip: IP | null; readonly port: number },
  options: IOOptions | undefined,
): Promise<Opened> {
  const { path, dest } = await clone(fs, network, to, options)
  const local = plan9LocalAddr(laddr)
  const messages = [`connect ${dest}${local === '' ? '' : ` ${local}`}`]
  let conversation: OpenConversation
  try {
    conversation = await begin(fs, path, messages, options)
  } catch (e) {
    // Hosted Inferno takes no address of this end in connect, but keeps what bind has said.
    if (!local.includes('!') || !isAddressError(e)) throw e
    conversation = await begin(fs, path, [`bind ${local}`, `connect ${dest}`], options)
  }
  return await openData(conversation, network, knownRemote(network, dest), options)
}

// The other end is the one that was called, and need not be asked for, unless cs has written it in another way.
function knownRemote(network: string, dest: string): KnownAddresses {
  try {
    return dest.includes('!') ? { remote: plan9AddrOf(network, dest) } : {}
  } catch {
    return {}
  }
}

function isAddressError(e: unknown): boolean {
  return isError(e) && /non-numeric port|bad args to connect|bad numeric port/.test(e.message)
}

/**
 * Opens a conversation and writes it messages. One that refused a message is let go, as it can't be used any
 * more.
 */
async function begin(
  fs: NetFS,
  path: string,
  messages: readonly string[],
  options: IOOptions | undefined,
): Promise<OpenConversation> {
  const conversation = await OpenConversation.open(fs, path, options)
  try {
    for (const message of messages) await conversation.control(message, options)
    return conversation
  } catch (e) {
    conversation.drop()
    throw e
  }
}

/**
 * Announces a conversation, writes it further messages, and has `make` make something of it. Rejects with the
 * listen's {@link OpError} or the signal's reason.
 */
export async function listenPlan9<T extends AsyncDisposable>(
  fs: NetFS,
  network: string,
  protocol: 'tcp' | 'udp',
  laddr: InetAddr | null,
  options: ListenOptions,
  more: readonly string[],
  make: (conversation: OpenConversation, limits: IOOptions | undefined) => Promise<T>,
): Promise<T> {
  checkKinds(protocol, laddr)
  const ending = endingOf(options)
  ending?.throwIfOver()
  try {
    checkAddrs(network, protocol, laddr)
    checkOptions(options)
    const announce = async (limits: IOOptions | undefined): Promise<T> => {
      const { path, dest } = await clone(fs, network, laddr ?? { ip: null, port: 0 }, limits)
      const conversation = await begin(fs, path, [`announce ${dest}`, ...more], limits)
      try {
        return await make(conversation, limits)
      } catch (e) {
        conversation.drop()
        throw e
      }
    }
    return await within(options, Infinity, announce, (made) => void made[Symbol.asyncDispose]())
  } catch (e) {
    if (ending?.isOver === true && e === ending.reason) throw e
    throw new OpError('listen', network, null, laddr, plan9Error('listen', e))
  }
}
