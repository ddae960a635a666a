import type { KeepAliveConfig } from '@net/contract'

const IDLE = 15_000 // milliseconds

/**
 * The control message for keep-alive, keepalive with the milliseconds between probes. A tree has one number, of which idle
 * comes nearest; null when nothing is to be said: probes can't be turned off.
 */
export function keepAliveMessage({ enable, idle = 0 }: KeepAliveConfig): string | null {
  if (!enable) return null
  return idle < 0 ? 'keepalive' : `keepalive ${idle === 0 ? IDLE : Math.ceil(idle / 1000) * 1000}`
}
