import { IP, IPNet, cidrMask, parseCIDR, parseIP } from '@net/addr'

/** What a client wants to do with an address. */
export type Operation = 'connect' | 'announce'

/** One line of a {@link Policy}; what is absent matches everything. */
export interface Rule {
  /** What the rule decides. */
  readonly action: 'allow' | 'deny'
  /** 'connect' holds for datagrams that name their receiver, too. */
  readonly operation?: Operation | undefined
  /** The network it is about; absent means both. */
  readonly network?: 'tcp' | 'udp' | undefined
  /**
   * An address, a network ('10.0.0.0/8'), or 'loopback', 'private', 'link-local', 'multicast'. IPv4 addresses are meant in
   * whatever form they come. To deny 'loopback' or 'private' denies multicast and 255.255.255.255, too, which such hosts
   * hear. A rule of every operation and port also holds for those who call or send to an announced port.
   */
  readonly address?: string | undefined
  /** A port, or the first and the last of a range. */
  readonly port?: number | readonly [first: number, last: number] | undefined
}

/** What the sessions of a tree may reach. The first rule that matches decides. */
export interface Policy {
  /** In the order in which they are asked; absent means none. */
  readonly rules?: readonly Rule[] | undefined
  /** What holds when no rule matches; 'allow' when absent. */
  readonly otherwise?: 'allow' | 'deny' | undefined
  /**
   * Whether names are looked up, by cs and dns; 'allow' when absent. Queries go to the servers of this machine, whatever the rules
   * say: who may ask can tell something to the owner of a name, and see what names this machine knows.
   */
  readonly lookups?: 'allow' | 'deny' | undefined
}

interface Check {
  readonly allow: boolean
  readonly operation: Operation | undefined
  readonly network: string | undefined
  readonly covers: ((ip: IP) => boolean) | null
  /** Whether it is for private addresses or those of this machine, by kind. */
  readonly near: boolean
  readonly first: number
  readonly last: number
}

const kinds: Record<string, ((ip: IP) => boolean) | undefined> = {
  loopback: (ip) => ip.isLoopback,
  private: (ip) => ip.isPrivate,
  'link-local': (ip) => ip.isLinkLocalUnicast,
  multicast: (ip) => ip.isMulticast,
}

/** Networks of IPv6 that lead to the IPv4 address they hold, and where in them it is: RFC 6052, RFC 3056, RFC 4291. */
const carriers: readonly (readonly [IPNet, number])[] = [
  [parseCIDR('64:ff9b::/96').net, 12],
  [parseCIDR('2002::/16').net, 2],
  [parseCIDR('::/96').net, 12],
]

const broadcast = IP.from([255, 255, 255, 255])

/** A policy made ready to ask. */
export class Gatekeeper {
  readonly #checks: readonly Check[]
  readonly #otherwise: boolean
  /** Whether names may be looked up. */
  readonly lookups: boolean

  /** Reads a policy. Throws a TypeError for a rule that makes no sense. */
  constructor(policy: Policy = {}) {
    this.#checks = (policy.rules ?? []).map(compile)
    this.#otherwise = policy.otherwise !== 'deny'
    this.lookups = policy.lookups !== 'deny'
  }

  /**
   * Whether it is allowed. `ip` null is every address of this machine: a rule that denies any address denies it, and one
   * that allows certain addresses does not allow it.
   */
  allows(operation: Operation, network: 'tcp' | 'udp', ip: IP | null, port: number): boolean {
    const inner = ip === null ? null : carried(ip)
    for (const c of this.#checks) {
      if (c.operation !== undefined && c.operation !== operation) continue
      if (c.network !== undefined && c.network !== network) continue
      if (port < c.first || port > c.last) continue
      if (c.covers === null || this.#covers(c, c.covers, ip, inner)) return c.allow
    }
    return this.#otherwise
  }

  /**
   * Whether calls and datagrams from `ip` are let in on a port that was announced. The first rule decides that names an
   * address, covers `ip` and is for every operation and every port; without one they are let in.
   */
  admits(network: 'tcp' | 'udp', ip: IP): boolean {
    const inner = carried(ip)
    for (const c of this.#checks) {
      if (c.covers === null || c.operation !== undefined || c.first > 0 || c.last < 65535) continue
      if (c.network !== undefined && c.network !== network) continue
      if (this.#covers(c, c.covers, ip, inner)) return c.allow
    }
    return true
  }

  /** Whether anything at all is allowed with an address: some operation, network and port. */
  reaches(ip: IP): boolean {
    // What is allowed changes only where the ports of a rule begin and end.
    const ports = new Set([0, ...this.#checks.flatMap((c) => [c.first, Math.min(c.last + 1, 65535)])])
    return [...ports].some((port) =>
      (['tcp', 'udp'] as const).some(
        (network) => this.allows('connect', network, ip, port) || this.allows('announce', network, ip, port),
      ),
    )
  }

  #covers(check: Check, covers: (ip: IP) => boolean, ip: IP | null, inner: IP | null): boolean {
    if (ip === null) return !check.allow
    // Private hosts and this machine hear broadcasts and multicasts, so that who may not reach those may not send these.
    if (check.near && !check.allow && (ip.isMulticast || ip.equal(broadcast))) return true
    // To allow a network does not allow the ways around it; to deny it denies them.
    return covers(ip) || (!check.allow && inner !== null && covers(inner))
  }
}

function compile(rule: Rule): Check {
  const { action, operation, network, address, port } = rule
  if (!['allow', 'deny'].includes(action)) {
    throw new TypeError(`a rule's action is 'allow' or 'deny', not ${action}`)
  }
  const [first, last] = typeof port === 'number' ? [port, port] : (port ?? [0, 65535])
  if (![first, last].every((p) => Number.isInteger(p) && p >= 0 && p <= 65535) || first > last) {
    throw new TypeError('the ports of a rule are a number, or two in order, from 0 to 65535')
  }
  const covers = address === undefined ? null : matcher(address)
  const near = address === 'private' || address === 'loopback'
  return { allow: action === 'allow', operation, network, covers, near, first, last }
}

function matcher(address: string): (ip: IP) => boolean {
  const kind = Object.hasOwn(kinds, address) ? kinds[address] : undefined
  if (kind !== undefined) return kind
  const ip = parseIP(address)
  const net = ip === null ? network(address) : null
  if (net !== null) return (x) => net.contains(x)
  if (ip !== null) return (x) => ip.equal(x)
  throw new TypeError(`the address of a rule is an address, a network or a kind of them, not ${address}`)
}

function network(address: string): IPNet | null {
  try {
    const { ip, net } = parseCIDR(address)
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    const [ones, bits] = net.mask.size()
    const v4 = ip.to4()
    if (v4 === null || bits !== 128) return net
    const mask = cidrMask(Math.max(0, ones - 96), 32)
    const masked = mask === null ? null : v4.mask(mask)
    return mask === null || masked === null || ones < 96 ? net : new IPNet(masked, mask)
  } catch {
    return null
  }
}

function carried(ip: IP): IP | null {
  if (ip.to4() !== null || ip.isLoopback || ip.isUnspecified) return null
  for (const [net, at] of carriers) if (net.contains(ip)) return IP.from(ip.bytes().subarray(at, at + 4))
  return null
}
