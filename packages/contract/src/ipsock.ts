/** What the internet stack of a target supports. */
export interface IPSockGroup {
  /** Whether IPv4 sockets can be made. */
  supportsIPv4(): boolean
  /** Whether IPv6 sockets can be made. */
  supportsIPv6(): boolean
  /** Whether an IPv6 socket can carry IPv4 traffic as IPv4-mapped addresses (RFC 4291, section 2.5.5.2). */
  supportsIPv4map(): boolean
}
