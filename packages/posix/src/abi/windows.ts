// Constants and layouts of winsock2.h, ws2ipdef.h, winerror.h, iptypes.h, ifdef.h and ipifcons.h of Windows for 64-bit processors, with the
// headers' spelling.

/** The constants of Windows. */
export const windows = {
  AF_UNSPEC: 0,
  AF_INET: 2,
  AF_INET6: 23,
  FIONBIO: 0x8004667e | 0,
  IPPROTO_IP: 0,
  IP_MULTICAST_IF: 9,
  IP_MULTICAST_TTL: 10,
  IP_MULTICAST_LOOP: 11,
  IP_ADD_MEMBERSHIP: 12,
  IP_DROP_MEMBERSHIP: 13,
  IP_ADD_SOURCE_MEMBERSHIP: 15,
  IP_DROP_SOURCE_MEMBERSHIP: 16,
  SOCK_RAW: 3,
  SOL_SOCKET: 0xffff,
  SO_BROADCAST: 0x20,
  SO_SNDBUF: 0x1001,
  SO_RCVBUF: 0x1002,
  WSA_FLAG_OVERLAPPED: 0x1,
  WSA_FLAG_NO_HANDLE_INHERIT: 0x80,
  ERROR_BUFFER_OVERFLOW: 111,
  ERROR_NO_DATA: 232,
  GAA_FLAG_SKIP_ANYCAST: 0x2,
  GAA_FLAG_SKIP_DNS_SERVER: 0x8,
  IfOperStatusUp: 1,
  IF_TYPE_ETHERNET_CSMACD: 6,
  IF_TYPE_ISO88025_TOKENRING: 9,
  IF_TYPE_PPP: 23,
  IF_TYPE_SOFTWARE_LOOPBACK: 24,
  IF_TYPE_ATM: 37,
  IF_TYPE_IEEE80211: 71,
  IF_TYPE_TUNNEL: 131,
  IF_TYPE_IEEE1394: 144,
} as const

/*
 * IP_ADAPTER_ADDRESSES of iptypes.h
 *   0       4        8     16           24       32       40        48
 *   +-------+--------+-----+------------+--------+--------+---------+- - -
 *   | length| IfIndex| next| AdapterName| unicast| anycast| multicast|
 *   +-------+--------+-----+------------+--------+--------+---------+- - -
 *   72            80                  88            92     96   100     104         108
 *   +-------------+-------------------+-------------+------+----+-------+-----------+------------+- - -
 *   | FriendlyName| PhysicalAddress[8]| its length  | flags| mtu| IfType| OperStatus| Ipv6IfIndex|
 *   +-------------+-------------------+-------------+------+----+-------+-----------+------------+- - -
 *
 * IP_ADAPTER_UNICAST_ADDRESS, whose first fields are those of IP_ADAPTER_MULTICAST_ADDRESS
 *   0       4      8     16          24                     56
 *   +-------+------+-----+-----------+------------+ - - - - +-------------------+- - -
 *   | length| flags| next| lpSockaddr| its length |         | OnLinkPrefixLength|
 *   +-------+------+-----+-----------+------------+ - - - - +-------------------+- - -
 */

/** Where IP_ADAPTER_ADDRESSES has what, in bytes. */
export const adapterLayout = {
  size: 112,
  IfIndex: 4,
  Next: 8,
  FirstUnicastAddress: 24,
  FirstMulticastAddress: 40,
  FriendlyName: 72,
  PhysicalAddress: 80,
  PhysicalAddressLength: 88,
  Mtu: 96,
  IfType: 100,
  OperStatus: 104,
  Ipv6IfIndex: 108,
} as const

/** Where the structures of an adapter's addresses have what, in bytes. */
export const adapterAddressLayout = {
  size: 32,
  unicastSize: 64,
  Next: 8,
  Address: 16,
  AddressLength: 24,
  OnLinkPrefixLength: 56,
} as const
