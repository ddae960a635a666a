/**
 * Network addresses as values: IP addresses, networks and masks, hardware addresses, host and port, and the
 * addresses of TCP, UDP, raw IP and Unix sockets, with Go's rules for reading and printing them. Pure: runs in
 * browsers and every server runtime, and needs nothing.
 */
export type { Addr } from './addr.ts'
export { AddrError, InvalidAddrError, ParseError, UnknownNetworkError } from './errors.ts'
export { joinHostPort, splitHostPort } from './host_port.ts'
export { IP, ipv4, IPv4len, IPv6len } from './ip.ts'
export { IPAddr } from './ip_addr.ts'
export {
  IPv4allrouter,
  IPv4allsys,
  IPv4bcast,
  IPv4zero,
  IPv6interfacelocalallnodes,
  IPv6linklocalallnodes,
  IPv6linklocalallrouters,
  IPv6loopback,
  IPv6unspecified,
  IPv6zero,
} from './ip_constants.ts'
export { cidrMask, IPMask, ipv4Mask } from './ip_mask.ts'
export { IPNet, parseCIDR } from './ip_net.ts'
export { parseIP, parseIPZone, unmarshalIP } from './ip_parse.ts'
export { HardwareAddr, parseMAC } from './mac.ts'
export { parseNetwork } from './network.ts'
export { TCPAddr } from './tcp_addr.ts'
export { UDPAddr } from './udp_addr.ts'
export { UnixAddr } from './unix_addr.ts'
