import type { KeepAliveConfig } from '@net/contract'

const IDLE = 15_000 // milliseconds

/**
 * The control message for keep-alive, keepalive with the milliseconds between probes. A tree knows one
 * number, to which idle comes nearest. It gives null for keep-alive that is off, since a tree can't be told
 * to stop probes.
 */
export function keepAliveMessage({ enable, idle = 0 }: KeepAliveConfig): string | null {
  if (!enable) return null
  return idle < 0 ? 'keepalive' : `keepalive ${idle === 0 ? IDLE : Math.ceil(idle / 1000) * 1000}`
}
