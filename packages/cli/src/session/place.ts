import { joinHostPort, splitHostPort, type DialString } from '@net/core'
import { UsageError } from './usage_error.ts'

/** Where a command dials or listens: a network and an address, or a dial string alone. */
export type Place = readonly [network: string, address: string] | readonly [dialString: DialString]

/** How a place is written, for help. */
export const placeForms = `A place is one of
  localhost 80            a host and a port, of TCP
  udp localhost 53        a network, a host and a port: tcp, tcp4, tcp6, udp, udp4, udp6
  tcp localhost:80        a network and an address
  unix /run/some.sock     a Unix socket: unix, unixgram, unixpacket
  'tcp!localhost!80'      a dial string; the quotes are for the shell`

const NETWORK = /^(?:(?:tcp|udp)[46]?|ip[46]?(?::.*)?|unix(?:gram|packet)?)$/

/** Whether a word is the name of a network. */
export function isNetwork(word: string): boolean {
  return NETWORK.test(word)
}

/**
 * Reads a place off the arguments of a command: those of {@link placeForms}. A port alone is that of every
 * address here.
 */
export function placeOf(command: string, words: readonly string[]): Place {
  const [first = '', ...rest] = words
  if (isNetwork(first)) return [first, addressOf(command, rest)]
  if (rest.length === 0 && isDialString(first)) return [first]
  return ['tcp', addressOf(command, words)]
}

/** The host of a place of a network that has some: the name that a certificate should have. */
export function hostOf(place: Place): string {
  return place.length === 1 ? (place[0].split('!')[1] ?? '') : splitHostPort(place[1]).host
}

function addressOf(command: string, words: readonly string[]): string {
  const [host, port, ...rest] = words
  if (host === undefined || rest.length > 0) throw new UsageError(`${command} wants a place`)
  if (port !== undefined) return joinHostPort(host, port)
  return /^\d+$/.test(host) ? `:${host}` : host
}

function isDialString(text: string): text is DialString {
  return text.includes('!')
}

/** How the address of a /net is written, for help. */
export const whereForms = `The address of a /net is one of
  /run/net.sock           a Unix socket
  tcp there 9564          TCP, a host and a port
  'tcp!there!9564'        a dial string; the quotes are for the shell`

/**
 * Reads the address of a /net off the arguments of a command, those of {@link whereForms}, and gives it as a
 * dial string.
 */
export function whereOf(command: string, words: readonly string[]): string {
  const [first = '', second, third, ...rest] = words
  if (second === undefined) return first.includes('!') ? first : `unix!${first}`
  if (first === 'unix' && third === undefined) return `unix!${second}`
  if (!first.startsWith('tcp') || rest.length > 0)
    throw new UsageError(`${command} wants the address of a /net`)
  const { host, port } = third === undefined ? splitHostPort(second) : { host: second, port: third }
  return `${first}!${host === '' ? '*' : host}!${port}`
}
