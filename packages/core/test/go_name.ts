import type * as addr from '@net/addr'
import type * as contract from '@net/contract'
import type * as posix from '@net/posix'
import type * as resolve from '@net/resolve'
import type * as core from '../src/index.ts'

/** A name of Go's package net and what stands for it here: a name of ours as Markdown, or none and why. */
export interface Name {
  readonly go: string
  /** Whether Go of August 2011, where this project's model stands, had it; else the release that brought it. */
  readonly since: '2011' | `1${string}`
  readonly ours: string | null
  readonly note?: string
}

type Since = Name['since']

// Each says a name that the compiler finds in the package, or in the type, or refuses.
const exported =
  <Package>(from: string) =>
  (name: keyof Package & string) =>
    `\`${name}\` of ${from}`
export const member =
  <Type>(type: string) =>
  (name: keyof Type & string) =>
    `\`${type}.${name}\``
export const type =
  <_Type>(name: string, from: string) =>
  () =>
    `\`${name}\` of ${from}`

export const inAddr = exported<typeof addr>('addr')
export const inContract = exported<typeof contract>('contract')
export const inResolve = exported<typeof resolve>('resolve')
export const inPosix = exported<typeof posix>('posix')
export const inCore = exported<typeof core>('core')
export const dialOption = member<core.DialerOptions>('DialerOptions')
export const listenOption = member<core.ListenerOptions>('ListenerOptions')
export const ip = member<addr.IP>('IP')
export const mask = member<addr.IPMask>('IPMask')
export const ipNet = member<addr.IPNet>('IPNet')
export const opError = member<contract.OpError>('OpError')
export const addrError = member<addr.AddrError>('AddrError')
export const parseError = member<addr.ParseError>('ParseError')
export const dnsError = member<contract.DNSError>('DNSError')
export const dnsConfigError = member<contract.DNSConfigError>('DNSConfigError')
export const iface = member<contract.Interface>('Interface')
export const conn = member<contract.Conn>('Conn')
export const tcpConn = member<contract.TCPConn>('TCPConn')
export const udpConn = member<contract.UDPConn>('UDPConn')
export const ipConn = member<contract.IPConn>('IPConn')
export const unixConn = member<contract.UnixConn>('UnixConn')
export const packetConn = member<contract.PacketConn>('PacketConn')
export const listener = member<contract.Listener>('Listener')
export const tcpListener = member<contract.TCPListener>('TCPListener')
export const unixListener = member<contract.UnixListener>('UnixListener')
export const resolver = member<resolve.ResolverOptions>('ResolverOptions')
export const keepAlive = member<contract.KeepAliveConfig>('KeepAliveConfig')

export const noContext = 'there are no contexts: an `AbortSignal` cancels, a deadline ends'
export const netip = 'no second kind of address: `IP` is a value already'

export function name(since: Since, go: string, ours: string | null, note?: string): Name {
  return { go, since, ours, ...(note !== undefined && { note }) }
}

/** Names members of a type. */
type Members<Type> = (name: Exclude<keyof Type, symbol>) => string

/** The methods that every connection of Go has, with the type's name before them. */
export function conns(go: string, ours: Members<contract.Conn>): Name[] {
  return [
    name('2011', `${go}.Read`, ours('read'), 'null at the end of the stream'),
    name('2011', `${go}.Write`, ours('write')),
    name('2011', `${go}.Close`, ours('close')),
    name('2011', `${go}.LocalAddr`, ours('localAddr'), 'a property'),
    name('2011', `${go}.RemoteAddr`, ours('remoteAddr'), 'a property'),
    ...limits(go, ours),
  ]
}

export function limits(go: string, ours: Members<contract.Deadlines>): Name[] {
  return [
    name('2011', `${go}.SetTimeout`, ours('setTimeout'), 'milliseconds; gone from Go, kept here'),
    name('2011', `${go}.SetReadTimeout`, ours('setReadTimeout'), 'likewise'),
    name('2011', `${go}.SetWriteTimeout`, ours('setWriteTimeout'), 'likewise'),
    name('1', `${go}.SetDeadline`, ours('setDeadline'), 'null for none'),
    name('1', `${go}.SetReadDeadline`, ours('setReadDeadline')),
    name('1', `${go}.SetWriteDeadline`, ours('setWriteDeadline')),
  ]
}

/** The methods of an error. */
export function says(go: string, since1: Since = '2011'): Name[] {
  return [
    name(since1, `${go}.Timeout`, '`timeout`', 'a property'),
    name(since1, `${go}.Temporary`, '`temporary`', 'a property'),
    ...(since1 === '2011' ? [name('2011', `${go}.String`, '`message`')] : []),
    name('1', `${go}.Error`, '`message`'),
  ]
}

export function addresses(go: 'TCPAddr' | 'UDPAddr'): Name[] {
  return [
    name('2011', go, inAddr(go), 'immutable'),
    name('2011', `${go}.IP`, member<addr.TCPAddr>(go)('ip'), 'null for none'),
    name('2011', `${go}.Port`, member<addr.TCPAddr>(go)('port')),
    name('2011', `${go}.Network`, member<addr.TCPAddr>(go)('network'), 'a property'),
    name('2011', `${go}.String`, member<addr.TCPAddr>(go)('toString')),
    name('1.1', `${go}.Zone`, member<addr.TCPAddr>(go)('zone')),
    name('1.18', `${go}.AddrPort`, null, netip),
    name('1.18', `${go}FromAddrPort`, null, netip),
  ]
}

/** The names of one subject. */
export type Subject = readonly [subject: string, names: readonly Name[]]
