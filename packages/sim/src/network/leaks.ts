import type { Host } from '../host/host.ts'
import type { PendingOp } from '../socket/host_op.ts'

/** Something that was left open. */
export interface SimLeak {
  /** The host that has it. */
  readonly host: string
  /** What it is: 'tcp 10.0.0.1:1 -> 10.0.0.2:2'. */
  readonly what: string
  /** The operations whose promises are still open, each with the stack of its call. */
  readonly pending: readonly PendingOp[]
  /** The stack of what made it. */
  readonly stack: string
}

/** What is open on hosts. */
export function leaksOf(hosts: Iterable<Host>): SimLeak[] {
  return [...hosts].flatMap((host) =>
    host.opened.map(({ what, pending, stack }) => ({ host: host.name, what, pending, stack })),
  )
}

/** A line for each operation that waits on hosts. */
export function waitsText(hosts: Iterable<Host>): string {
  return leaksOf(hosts)
    .flatMap(({ host, what, pending }) => pending.map(({ op }) => `${host} waits: ${op} ${what}\n`))
    .join('')
}
