import { IP, IPMask, IPNet } from '@net/addr'
import { printIP } from './address.ts'
import type { Ifc } from './interfaces.ts'

const FOREVER = '4294967295' // seconds that an address stays valid

/** The mask of a network as %M prints it: the bits of the 128-bit form. */
export function printMask(net: IPNet): string {
  const [ones, bits] = net.mask.size()
  return `/${bits === 32 ? ones + 96 : ones}`
}

/** The text of ipifc/N/status. Values that a target does not tell are those a kernel begins with. */
export function ifcStatus(ifc: Ifc): string {
  const head =
    `device ${ifc.device} maxtu ${ifc.mtu} sendra 0 recvra 0 mflag 0 oflag 0 maxraint 600000 minraint 200000 ` +
    'linkmtu 0 reachtime 0 rxmitra 0 ttl 255 routerlt 1800000 pktin 0 pktout 0 errin 0 errout 0'
  const lines = ifc.addrs.map(
    (net) =>
      `\t${printIP(net.ip).padEnd(40)} ${printMask(net).padEnd(10)} ${printIP(networkOf(net)).padEnd(40)} ` +
      `${FOREVER.padEnd(12)} ${FOREVER.padEnd(12)}\n`,
  )
  return `${head}\n${lines.length === 0 ? '\n' : lines.join('')}`
}

/** The text of ipifc/N/local: each address, and those to which packets come here because of it. */
export function ifcLocal(ifc: Ifc): string {
  return ifc.addrs
    .map((net) => {
      const self = own(net).map((ip) => printIP(ip).padEnd(40))
      return `${printIP(net.ip).padEnd(40)} -> ${self.join(' ')}\n`
    })
    .join('')
}

/** The text of iproute, of which only the routes to the interfaces' networks and own addresses are known. */
export function routes(ifcs: readonly Ifc[]): string {
  return ifcs.flatMap((ifc, n) => ifc.addrs.flatMap((net) => routesOf(net, n))).join('')
}

/** The text of ipselftab: the addresses that are this machine's. */
export function selfTable(ifcs: readonly Ifc[]): string {
  const count = new Map<string, { n: number; flags: string }>()
  for (const net of ifcs.flatMap((ifc) => ifc.addrs)) {
    for (const ip of own(net)) {
      const text = printIP(ip)
      const flags = `6${ip.equal(net.ip) ? 'u' : 'b'}`
      count.set(text, { n: (count.get(text)?.n ?? 0) + 1, flags })
    }
  }
  return [...count]
    .map(([ip, { n, flags }]) => `${ip.padEnd(44)} ${String(n).padStart(2, '0')} ${flags.padEnd(4)}\n`)
    .join('')
}

function routesOf(net: IPNet, ifc: number): string[] {
  const v = net.ip.to4() === null ? '6' : '4'
  const target = networkOf(net)
  return [
    `${printIP(target).padEnd(15)} ${printMask(net).padEnd(4)} ${printIP(target).padEnd(15)} ${v}i   ifc    ${ifc}\n`,
    `${printIP(net.ip).padEnd(15)} /128 ${printIP(net.ip).padEnd(15)} ${v}u   ifc    ${ifc}\n`,
  ]
}

function networkOf(net: IPNet): IP {
  return net.ip.mask(net.mask) ?? net.ip
}

// Gives the address itself and, for IPv4, the broadcast addresses of its network.
function own(net: IPNet): IP[] {
  const ip = net.ip.to4()
  const mask = net.mask.bytes()
  if (ip === null || mask.byteLength !== 4) return [net.ip]
  const last = IP.from(ip.bytes().map((b, i) => b | (~(mask[i] ?? 0) & 0xff)))
  const first = ip.mask(IPMask.from(mask))
  return [ip, first ?? ip, last].filter((x, i, all) => all.findIndex((y) => y.equal(x)) === i)
}
