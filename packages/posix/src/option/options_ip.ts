// Options of levels IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_UDP of netinet/in.h and netinet/udp.h, with the
// headers' spelling.
import { numbersOf, onBSD, onLinux, settable, state } from './option_row.ts'

const v4 = settable('IPPROTO_IP', 'ip(7)')
const v6 = settable('IPPROTO_IPV6', 'ipv6(7)')
const udp = settable('IPPROTO_UDP', 'udp(7)')

/** Options of IPv4. */
export const ip4Options = {
  IP_BINDANY: v4('bool', { freebsd: 24 }),
  /** Leaves the choice of the port to connect, so that a bound address costs no port. */
  IP_BIND_ADDRESS_NO_PORT: v4('bool', onLinux(24)),
  IP_DONTFRAG: v4('bool', { freebsd: 67 }),
  /** Binds to an address the machine does not have yet. */
  IP_FREEBIND: v4('bool', onLinux(15)),
  IP_HDRINCL: v4('bool', { linux: 3, ...onBSD(2) }),
  /** Packets with fewer hops left are dropped. */
  IP_MINTTL: v4('int', { linux: 21, freebsd: 66, openbsd: 32 }),
  /** The path's MTU in bytes, of a connected socket. */
  IP_MTU: state('IPPROTO_IP', 'ip(7)')('int', onLinux(14)),
  /** IP_PMTUDISC_ values: 0 never, 1 as the route says, 2 always, 3 probe. */
  IP_MTU_DISCOVER: v4('int', onLinux(10)),
  /** Whether groups that other sockets joined are received too. */
  IP_MULTICAST_ALL: v4('bool', onLinux(49)),
  IP_MULTICAST_LOOP: v4('byte', { linux: 34, ...onBSD(11) }),
  IP_MULTICAST_TTL: v4('byte', { linux: 33, ...onBSD(10) }),
  IP_OPTIONS: v4('bytes', { linux: 4, ...onBSD(1) }),
  IP_PKTINFO: v4('bool', { linux: 8, darwin: 26 }),
  IP_RECVDSTADDR: v4('bool', onBSD(7)),
  /** Keeps ICMP errors for the error queue. */
  IP_RECVERR: v4('bool', onLinux(11)),
  IP_RECVIF: v4('bool', { darwin: 20, freebsd: 20, openbsd: 30 }),
  IP_RECVTOS: v4('bool', { linux: 13, freebsd: 68 }),
  IP_RECVTTL: v4('bool', { linux: 12, darwin: 24, freebsd: 65, openbsd: 31 }),
  /** Type of service: DSCP in the upper six bits, ECN in the lower two. */
  IP_TOS: v4('int', { linux: 1, ...onBSD(3) }),
  /** Serves addresses that are not the machine's, as a transparent proxy. Needs CAP_NET_ADMIN. */
  IP_TRANSPARENT: v4('bool', onLinux(19)),
  /** Hops a packet may take. */
  IP_TTL: v4('int', { linux: 2, ...onBSD(4) }),
}

/** Options of IPv6. */
export const ip6Options = {
  IPV6_AUTOFLOWLABEL: v6('bool', { linux: 70, freebsd: 59, openbsd: 59 }),
  IPV6_BINDANY: v6('bool', { freebsd: 64 }),
  IPV6_DONTFRAG: v6('bool', { linux: 62, freebsd: 62, openbsd: 62 }),
  /** Binds to an address the machine does not have yet. */
  IPV6_FREEBIND: v6('bool', onLinux(78)),
  /** Packets with fewer hops left are dropped. */
  IPV6_MINHOPCOUNT: v6('int', { linux: 73, openbsd: 65 }),
  /** The path's MTU in bytes, of a connected socket. */
  IPV6_MTU: v6('int', onLinux(24)),
  IPV6_MTU_DISCOVER: v6('int', onLinux(23)),
  IPV6_MULTICAST_ALL: v6('bool', onLinux(29)),
  IPV6_MULTICAST_HOPS: v6('int', { linux: 18, ...onBSD(10) }),
  /** The index of the interface that multicast goes out by. */
  IPV6_MULTICAST_IF: v6('int', { linux: 17, ...onBSD(9) }),
  IPV6_MULTICAST_LOOP: v6('bool', { linux: 19, ...onBSD(11) }),
  IPV6_RECVERR: v6('bool', onLinux(25)),
  IPV6_RECVHOPLIMIT: v6('bool', { linux: 51, freebsd: 37, openbsd: 37 }),
  IPV6_RECVPKTINFO: v6('bool', { linux: 49, freebsd: 36, openbsd: 36 }),
  IPV6_RECVTCLASS: v6('bool', { linux: 66, darwin: 35, freebsd: 57, openbsd: 57 }),
  /** Traffic class: IPv6's IP_TOS; -1 for the system's. */
  IPV6_TCLASS: v6('int', { linux: 67, darwin: 36, freebsd: 61, openbsd: 61 }),
  IPV6_TRANSPARENT: v6('bool', onLinux(75)),
  /** IPv6's IP_TTL; -1 for the system's. */
  IPV6_UNICAST_HOPS: v6('int', { linux: 16, ...onBSD(4) }),
  /** Keeps a socket to IPv6; before bind only. Openbsd has no other sockets. */
  IPV6_V6ONLY: v6('bool', numbersOf('IPV6_V6ONLY')),
}

/** Options of UDP. */
export const udpOptions = {
  UDP_CORK: udp('bool', onLinux(1)),
  /** Receives several datagrams of a flow as one. */
  UDP_GRO: udp('bool', onLinux(104)),
  /** Sends a buffer as datagrams of this many bytes; 0 turns it off. */
  UDP_SEGMENT: udp('int', onLinux(103)),
}
