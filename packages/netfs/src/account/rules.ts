import { cidrMask, IP, IPNet, parseCIDR, parseIP } from '@net/addr'
import { embeddedIPv4 } from '../base/embedded_ipv4.ts'
import type { Operation, Policy, Rule } from './policy.ts'

const LAST_PORT = 65535

/** A rule that has been checked, in the form in which it is applied. */
interface CompiledRule {
  readonly allow: boolean
  readonly operation: Operation | undefined
  readonly network: string | undefined
  /** Whether an address is one that the rule names; null for a rule about every address. */
  readonly covers: ((ip: IP) => boolean) | null
  /** Whether its addresses are those of hosts, which also receive multicast and broadcasts. */
  readonly unicast: boolean
  readonly first: number
  readonly last: number
}

const kinds: Record<string, ((ip: IP) => boolean) | undefined> = {
  loopback: (ip) => ip.isLoopback,
  private: (ip) => ip.isPrivate,
  'link-local': (ip) => ip.isLinkLocalUnicast,
  multicast: (ip) => ip.isMulticast,
}

const broadcast = IP.from([255, 255, 255, 255])

/** A policy that has been checked, in the form in which it is applied. */
export class Rules {
  /** Whether names may be looked up. */
  readonly lookups: boolean
  readonly #rules: readonly CompiledRule[]
  readonly #otherwise: boolean
  readonly #isBroadcast: (ip: IP) => boolean

  /**
   * Reads a policy. Throws a TypeError for a rule that makes no sense. `isBroadcast` knows the broadcast
   * addresses of the networks that the machine is in.
   */
  constructor(policy: Policy = {}, isBroadcast: (ip: IP) => boolean = () => false) {
    this.lookups = policy.lookups !== 'deny'
    this.#rules = (policy.rules ?? []).map(compile)
    this.#otherwise = policy.otherwise !== 'deny'
    this.#isBroadcast = isBroadcast
  }

  /**
   * Whether an operation is allowed. `ip` null is every address of this machine: a rule that denies any
   * address denies it, and one that allows certain addresses does not allow it.
   */
  allows(operation: Operation, network: 'tcp' | 'udp', ip: IP | null, port: number): boolean {
    const inner = ip === null ? null : embeddedIPv4(ip)
    for (const rule of this.#rules) {
      if (rule.operation !== undefined && rule.operation !== operation) continue
      if (rule.network !== undefined && rule.network !== network) continue
      if (port < rule.first || port > rule.last) continue
      if (this.#matches(rule, ip, inner)) return rule.allow
    }
    return this.#otherwise
  }

  /**
   * Whether calls and datagrams from `ip` are let in on a port that was announced. The first rule decides
   * that names an address, covers `ip` and is for every operation and every port; they are let in where there
   * is none.
   */
  admits(network: 'tcp' | 'udp', ip: IP): boolean {
    const inner = embeddedIPv4(ip)
    for (const rule of this.#rules) {
      if (rule.covers === null || rule.operation !== undefined) continue
      if (rule.first > 0 || rule.last < LAST_PORT) continue
      if (rule.network !== undefined && rule.network !== network) continue
      if (this.#matches(rule, ip, inner)) return rule.allow
    }
    return true
  }

  /** Whether anything at all is allowed with an address: some operation, network and port. */
  reaches(ip: IP): boolean {
    // One port of each range is enough: what is allowed changes only where the ports of a rule begin and end.
    const ports = new Set([
      0,
      ...this.#rules.flatMap((rule) => [rule.first, Math.min(rule.last + 1, LAST_PORT)]),
    ])
    return [...ports].some((port) =>
      (['tcp', 'udp'] as const).some(
        (network) => this.allows('connect', network, ip, port) || this.allows('announce', network, ip, port),
      ),
    )
  }

  #matches({ allow, covers, unicast }: CompiledRule, ip: IP | null, inner: IP | null): boolean {
    if (covers === null) return true
    if (ip === null) return !allow
    if (covers(ip)) return true
    // A rule that denies a network also denies the other addresses that lead to it; one that allows it allows
    // none of those.
    if (allow) return false
    if (inner !== null && covers(inner)) return true
    return unicast && (ip.isMulticast || ip.equal(broadcast) || this.#isBroadcast(ip))
  }
}

function compile(rule: Rule): CompiledRule {
  const { action, operation, network, address, port } = rule
  if (!['allow', 'deny'].includes(action)) {
    throw new TypeError(`a rule's action is 'allow' or 'deny', not ${action}`)
  }
  const [first, last] = typeof port === 'number' ? [port, port] : (port ?? [0, LAST_PORT])
  if (![first, last].every((p) => Number.isInteger(p) && p >= 0 && p <= LAST_PORT) || first > last) {
    throw new TypeError('the ports of a rule are a number, or two in order, from 0 to 65535')
  }
  const about = { allow: action === 'allow', operation, network, first, last }
  if (address === undefined) return { ...about, covers: null, unicast: false }
  const kind = Object.hasOwn(kinds, address) ? kinds[address] : undefined
  if (kind !== undefined) return { ...about, covers: kind, unicast: address !== 'multicast' }
  const net = networkOf(address)
  return { ...about, covers: (ip) => net.contains(ip), unicast: !net.ip.isMulticast }
}

// Reads the network of a rule's address; a single address is a network of one.
function networkOf(address: string): IPNet {
  const ip = parseIP(address)
  const single = ip?.to4() ?? ip
  const cidr =
    single === null || single === undefined
      ? address
      : `${single.toString()}/${single.bytes().byteLength * 8}`
  try {
    return unmapped(parseCIDR(cidr))
  } catch {
    throw new TypeError(`the address of a rule is an address, a network or a kind of them, not ${address}`)
  }
}

// Gives IPv4 networks that are written in IPv6 as what they are: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
function unmapped({ ip, net }: { ip: IP; net: IPNet }): IPNet {
  const [ones, bits] = net.mask.size()
  const v4 = ip.to4()
  if (v4 === null || bits !== 128 || ones < 96) return net
  const mask = cidrMask(ones - 96, 32)
  const masked = mask === null ? null : v4.mask(mask)
  return mask === null || masked === null ? net : new IPNet(masked, mask)
}
