import { joinHostPort, splitHostPort } from '@net/core'
import { InvalidArgumentError, Option } from 'commander'

/** A network and an address on it. */
export interface Endpoint {
  readonly network: 'tcp' | 'udp' | 'unix'
  readonly address: string
}

/** What `netx forward` passes on. */
export interface Forwarding {
  /** Whether it listens here, and dials through the other network, or the other way round. */
  readonly side: 'here' | 'there'
  readonly from: Endpoint
  readonly to: Endpoint
}

/** How a forwarding is written, for help. */
export const forwardingForms = `What is passed on is [udp:][host:]port:host:port, as ssh writes it
  8080:intranet:80        from port 8080 of 127.0.0.1
  *:8080:intranet:80      of every address; [::1]:8080:[::1]:80 of IPv6
  udp:5353:10.0.0.1:53    UDP
  /tmp/db.sock:db:5432    paths, on either side or both, are Unix sockets`

/**
 * The options that say what is passed on, for one call: the value of either is all forwardings, in the order in
 * which they were given.
 */
export function forwardingOptions(): Option[] {
  const all: Forwarding[] = []
  const read =
    (side: Forwarding['side']) =>
    (text: string): Forwarding[] => {
      all.push({ side, ...parseForwarding(text) })
      return all
    }
  return [
    new Option('-L, --local <what>', 'listen here, dial there; may be given again').argParser(read('here')),
    new Option('-R, --remote <what>', 'listen there, dial here; may be given again').argParser(read('there')),
  ]
}

const PART = /\[[^\]]*\]|[^:]+|(?<=^|:)(?=:)/g // a part between colons, of which those in brackets do not count

function parseForwarding(text: string): Pick<Forwarding, 'from' | 'to'> {
  const isUDP = text.startsWith('udp:')
  const parts = (isUDP ? text.slice('udp:'.length) : text).match(PART) ?? []
  const network = isUDP ? 'udp' : 'tcp'
  const last = parts.at(-1) ?? ''
  const to = parts.splice(isPath(last) ? -1 : -2)
  const from = parts.length === 1 && !isPath(parts[0] ?? '') ? ['127.0.0.1', ...parts] : parts
  return { from: endpointOf(network, from), to: endpointOf(network, to) }
}

function endpointOf(network: 'tcp' | 'udp', parts: readonly string[]): Endpoint {
  const [first = '', port = '', ...rest] = parts
  if (parts.length === 1 && isPath(first) && network === 'tcp') return { network: 'unix', address: first }
  if (parts.length !== 2 || rest.length > 0 || isPath(first) || !/^[\w-]+$/.test(port)) {
    throw new InvalidArgumentError('It is [udp:][host:]port:host:port, or has paths of Unix sockets.')
  }
  const host = first === '*' ? '' : first.startsWith('[') ? splitHostPort(`${first}:0`).host : first
  return { network, address: joinHostPort(host, port) }
}

function isPath(part: string): boolean {
  return part.includes('/') || part.startsWith('@')
}
