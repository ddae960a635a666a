import type { IPSockGroup } from '@net/contract'

function hasAddress(family: 'IPv4' | 'IPv6'): boolean {
  const interfaces = process.getBuiltinModule('node:os').networkInterfaces()
  return Object.values(interfaces).some((addrs) => addrs?.some((a) => a.family === family) === true)
}

function carriesIPv4OnIPv6(): boolean {
  return process.getBuiltinModule('node:os').platform() !== 'openbsd'
}

/**
 * What the internet stack of the JavaScript host supports: the families of which an interface that is up has an address. All
 * systems that the host runs on carry IPv4 over IPv6 sockets but OpenBSD.
 */
export const hostIPSockGroup: IPSockGroup = {
  supportsIPv4: () => hasAddress('IPv4'),
  supportsIPv6: () => hasAddress('IPv6'),
  supportsIPv4map: () => carriesIPv4OnIPv6() && hasAddress('IPv4') && hasAddress('IPv6'),
}
