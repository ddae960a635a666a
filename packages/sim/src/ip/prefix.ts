import { parseCIDR, type IPNet } from '@net/addr'
import { ipOf, textOf, versionOf } from './address.ts'

/** An address with the length of its network's prefix: '10.0.0.1/24'. */
export interface Prefix {
  readonly version: 4 | 6
  /** The address itself. */
  readonly addr: string
  readonly bits: number
  /** The network. */
  readonly net: IPNet
  /** The address that means everybody on the network, of IPv4 networks of more than two addresses; else null. */
  readonly broadcast: string | null
}

/** Reads an address with its prefix. Throws a TypeError for what is none. */
export function parsePrefix(text: string): Prefix {
  let parsed
  try {
    parsed = parseCIDR(text)
  } catch (e) {
    throw new TypeError(`${text} is no address with a prefix, such as 10.0.0.1/24`, { cause: e })
  }
  const addr = textOf(parsed.ip)
  const version = versionOf(addr)
  const [bits] = parsed.net.mask.size()
  return { version, addr, bits, net: parsed.net, broadcast: broadcastOf(version, addr, bits) }
}

function broadcastOf(version: 4 | 6, addr: string, bits: number): string | null {
  if (version === 6 || bits > 30) return null
  const host = bits === 0 ? 0xffffffff : 0xffffffff >>> bits
  const b = (ipOf(addr).uint32(3) | host) >>> 0
  return [24, 16, 8, 0].map((shift) => (b >>> shift) & 0xff).join('.')
}

/** How many leading bits two addresses of one version have in common. */
export function commonBits(a: string, b: string): number {
  const [x, y] = [ipOf(a), ipOf(b)]
  const first = x.byteLength === 4 ? 3 : 0
  for (let i = first; i < 4; i++) {
    const word = i as 0 | 1 | 2 | 3
    const differ = Math.clz32(x.uint32(word) ^ y.uint32(word))
    if (differ < 32) return (i - first) * 32 + differ
  }
  return x.byteLength * 8
}
