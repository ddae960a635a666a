import { type IP, parseIP } from '@net/addr'
import type { Conn } from '../conn.ts'
import type { Target } from '../target.ts'
import { ok } from './assert.ts'
import type { LivenessScript } from './liveness.ts'
import type { PartOptions, Stoppable } from './part.ts'

/** What is to be tested of a target. Absent means that the target does not have it. */
export interface TargetOptions extends PartOptions {
  /** TCP over IPv4. */
  readonly tcp4?: boolean | undefined
  /** TCP over IPv6. */
  readonly tcp6?: boolean | undefined
  /** UDP over IPv4. */
  readonly udp4?: boolean | undefined
  /** UDP over IPv6. */
  readonly udp6?: boolean | undefined
  /** Unix stream sockets: gives a fresh path at each call. */
  readonly unix?: (() => string) | undefined
  /** The interfaces, loopback among them. */
  readonly interfaces?: boolean | undefined
  /** Lookups that need no server: 'localhost', the service 'http', the protocol 'tcp'. */
  readonly lookups?: boolean | undefined
  /** Whether TCP connections can be shut down at one end only; absent means they can. */
  readonly halfClose?: boolean | undefined
  /** How a child process makes the target: its script declares `target`. Absent: what keeps a process alive is not tested. */
  readonly liveness?: LivenessScript | undefined
  /** Ends a TCP connection so that the peer's is reset; absent: setLinger(0) and close(). */
  readonly reset?: ((c: Conn) => void | Promise<void>) | undefined
}

/** The label of the parts about one network of a target. */
export function labelOf(target: Target, what: PartOptions, network = ''): string {
  return [what.label ?? target.name, network].filter((s) => s !== '').join(' ')
}

/**
 * What a child makes of the target for the parts about what keeps a process alive. Those of one family say it for both: a child
 * for each takes its time.
 */
export function livenessOf(
  what: TargetOptions,
  network: 'tcp4' | 'tcp6' | 'udp4' | 'udp6',
  declarations: string,
): LivenessScript | undefined {
  if ((network === 'tcp6' && what.tcp4 === true) || (network === 'udp6' && what.udp4 === true))
    return undefined
  return what.liveness && { ...what.liveness, script: `${what.liveness.script}\n;${declarations}` }
}

/** The address of a text; it must be one. */
export function literal(text: string): IP {
  const ip = parseIP(text)
  ok(ip !== null, `${text} is no address`)
  return ip
}

/** What a part about the target itself is given: nothing to stop. */
export function nothing(): Promise<Stoppable> {
  return Promise.resolve({ stop: () => Promise.resolve() })
}
