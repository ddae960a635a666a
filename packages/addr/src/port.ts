import { AddrError } from './errors.ts'

/** Gives `port` back, or throws an AddrError for what is not an integer from 0 to 65535. */
export function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new AddrError('invalid port', String(port))
  return port
}
