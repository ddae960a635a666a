import { AddrError } from './errors.ts'

/** Gives `port` back, or throws: TypeError for what is no number, AddrError outside the integers 0 to 65535. */
export function checkPort(port: number): number {
  if (typeof port !== 'number') throw new TypeError(`port must be a number, not a ${typeof port}`)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new AddrError('invalid port', String(port))
  return port
}
