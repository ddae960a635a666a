import type { Kernel } from './abi.ts'
import { abi } from './system.ts'

/**
 * The numbers of a kernel's options and control messages for packets: of netinet/in.h, netinet/udp.h,
 * linux/errqueue.h; 0 stands for what the system lacks. IPV6_RECVPKTINFO and its kin are those of RFC 3542.
 */
export interface PacketABI {
  /** IPv4: a control message of both the destination and the interface (struct in_pktinfo). */
  readonly IP_PKTINFO: number
  /** What switches {@link IP_PKTINFO} on. */
  readonly IP_RECVPKTINFO: number
  /** IPv4 where there is no struct in_pktinfo: the destination when received, the source when sent. */
  readonly IP_RECVDSTADDR: number
  /** IPv4 where there is no struct in_pktinfo: the interface, as a struct sockaddr_dl. */
  readonly IP_RECVIF: number
  readonly IP_RECVTTL: number
  /** The type of the control message that IP_RECVTTL switches on. */
  readonly ttlReceived: number
  readonly IP_TTL: number
  readonly IP_RECVTOS: number
  /** The type of the control message that IP_RECVTOS switches on. */
  readonly tosReceived: number
  readonly IP_TOS: number
  readonly IPV6_RECVPKTINFO: number
  readonly IPV6_PKTINFO: number
  readonly IPV6_RECVHOPLIMIT: number
  readonly IPV6_HOPLIMIT: number
  readonly IPV6_RECVTCLASS: number
  readonly IPV6_TCLASS: number
  readonly IP_ADD_MEMBERSHIP: number
  readonly IP_DROP_MEMBERSHIP: number
  readonly IPV6_JOIN_GROUP: number
  readonly IPV6_LEAVE_GROUP: number
  readonly MCAST_JOIN_GROUP: number
  readonly MCAST_LEAVE_GROUP: number
  readonly MCAST_JOIN_SOURCE_GROUP: number
  readonly MCAST_LEAVE_SOURCE_GROUP: number
  /** Where the group's address is in struct group_req and struct group_source_req, in bytes. */
  readonly groupOffset: number
  readonly IP_MULTICAST_IF: number
  readonly IP_MULTICAST_TTL: number
  readonly IP_MULTICAST_LOOP: number
  readonly IPV6_MULTICAST_IF: number
  readonly IPV6_MULTICAST_HOPS: number
  readonly IPV6_MULTICAST_LOOP: number
  readonly IP_RECVERR: number
  readonly IPV6_RECVERR: number
  readonly MSG_ERRQUEUE: number
  readonly UDP_SEGMENT: number
  readonly UDP_GRO: number
}

const linuxPackets: PacketABI = {
  IP_PKTINFO: 8,
  IP_RECVPKTINFO: 8,
  IP_RECVDSTADDR: 0,
  IP_RECVIF: 0,
  IP_RECVTTL: 12,
  ttlReceived: 2,
  IP_TTL: 2,
  IP_RECVTOS: 13,
  tosReceived: 1,
  IP_TOS: 1,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
  IP_ADD_MEMBERSHIP: 35,
  IP_DROP_MEMBERSHIP: 36,
  IPV6_JOIN_GROUP: 20,
  IPV6_LEAVE_GROUP: 21,
  MCAST_JOIN_GROUP: 42,
  MCAST_LEAVE_GROUP: 45,
  MCAST_JOIN_SOURCE_GROUP: 46,
  MCAST_LEAVE_SOURCE_GROUP: 47,
  groupOffset: 8,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IPV6_MULTICAST_IF: 17,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IP_RECVERR: 11,
  IPV6_RECVERR: 25,
  MSG_ERRQUEUE: 0x2000,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
}

// What the BSDs and darwin have in common.
const bsd: PacketABI = {
  IP_PKTINFO: 0,
  IP_RECVPKTINFO: 0,
  IP_RECVDSTADDR: 7,
  IP_RECVIF: 20,
  IP_RECVTTL: 65,
  ttlReceived: 65,
  IP_TTL: 4,
  IP_RECVTOS: 68,
  tosReceived: 68,
  IP_TOS: 3,
  IPV6_RECVPKTINFO: 36,
  IPV6_PKTINFO: 46,
  IPV6_RECVHOPLIMIT: 37,
  IPV6_HOPLIMIT: 47,
  IPV6_RECVTCLASS: 57,
  IPV6_TCLASS: 61,
  IP_ADD_MEMBERSHIP: 12,
  IP_DROP_MEMBERSHIP: 13,
  IPV6_JOIN_GROUP: 12,
  IPV6_LEAVE_GROUP: 13,
  MCAST_JOIN_GROUP: 80,
  MCAST_LEAVE_GROUP: 81,
  MCAST_JOIN_SOURCE_GROUP: 82,
  MCAST_LEAVE_SOURCE_GROUP: 83,
  groupOffset: 8,
  IP_MULTICAST_IF: 9,
  IP_MULTICAST_TTL: 10,
  IP_MULTICAST_LOOP: 11,
  IPV6_MULTICAST_IF: 9,
  IPV6_MULTICAST_HOPS: 10,
  IPV6_MULTICAST_LOOP: 11,
  IP_RECVERR: 0,
  IPV6_RECVERR: 0,
  MSG_ERRQUEUE: 0,
  UDP_SEGMENT: 0,
  UDP_GRO: 0,
}

/** The tables by kernel. */
export const packetABIs: Readonly<Record<Kernel, PacketABI>> = {
  linux: linuxPackets,
  darwin: {
    ...bsd,
    IP_PKTINFO: 26,
    IP_RECVPKTINFO: 26,
    IP_RECVTTL: 24,
    ttlReceived: 24,
    IP_RECVTOS: 27,
    tosReceived: 27,
    IPV6_RECVPKTINFO: 61,
    IPV6_RECVTCLASS: 35,
    IPV6_TCLASS: 36,
    groupOffset: 4, // its structs are packed
  },
  freebsd: bsd,
  openbsd: {
    ...bsd,
    IP_RECVIF: 30,
    IP_RECVTTL: 31,
    ttlReceived: 31,
    IP_RECVTOS: 0,
    tosReceived: 0,
    MCAST_JOIN_GROUP: 0,
    MCAST_LEAVE_GROUP: 0,
    MCAST_JOIN_SOURCE_GROUP: 0,
    MCAST_LEAVE_SOURCE_GROUP: 0,
  },
}

/** The numbers of the running kernel. */
export const packetABI: PacketABI = packetABIs[abi.kernel]
