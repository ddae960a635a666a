/** An end point of some network, as every connection and listener reports it. */
export interface Addr {
  /** The name of the network: 'tcp', 'udp', 'ip', 'unix', 'ip+net' ... */
  readonly network: string
  /** The address in the text form of its network, such as '192.0.2.1:80'. */
  toString(): string
}
