import { IP, parseIP } from '@net/addr'

/**
 * Inside the network an address is its canonical text: '10.0.0.1', 'fd00::1'. An IPv4 address within an IPv6 one is the IPv4
 * address. Texts are compared and hashed by the engine itself, which costs less than comparing bytes here.
 */
const known = new Map<string, IP>()

/** The most addresses whose texts are remembered; beyond that they are parsed anew. */
const MOST = 10_000

/** The text of an address. */
export function textOf(ip: IP): string {
  return ip.toString()
}

/** The address of a text that {@link textOf} gave: of 4 bytes for IPv4, of 16 for IPv6. */
export function ipOf(text: string): IP {
  let ip = known.get(text)
  if (ip === undefined) {
    const parsed = parseIP(text)
    if (parsed === null) throw new TypeError(`${text} is no address`)
    ip = parsed.to4() ?? parsed
    if (known.size < MOST) known.set(text, ip)
  }
  return ip
}

/** The version of an address. */
export function versionOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4
}

/** The address that means every address of a host. */
export function anyOf(version: 4 | 6): string {
  return version === 4 ? '0.0.0.0' : '::'
}

/** The loopback address. */
export function loopbackOf(version: 4 | 6): string {
  return version === 4 ? '127.0.0.1' : '::1'
}

/** Whether an address is every one's: 0.0.0.0 or ::. */
export function isAny(text: string): boolean {
  return text === '0.0.0.0' || text === '::'
}

/** Whether an address is a group's. */
export function isMulticast(text: string): boolean {
  return ipOf(text).isMulticast
}

/** Whether a packet to it stays within its host. */
export function isLoopback(text: string): boolean {
  return ipOf(text).isLoopback
}
