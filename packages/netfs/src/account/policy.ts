/** What a client wants to do with an address. */
export type Operation = 'connect' | 'announce'

/** One line of a {@link Policy}; a field that is absent matches everything. */
export interface Rule {
  /** What the rule decides. */
  readonly action: 'allow' | 'deny'
  /** The operation; 'connect' is also that of datagrams which name their receiver. */
  readonly operation?: Operation | undefined
  /** The network that it is about; absent means both. */
  readonly network?: 'tcp' | 'udp' | undefined
  /**
   * An address, a network ('10.0.0.0/8'), or 'loopback', 'private', 'link-local', 'multicast'. IPv4 addresses
   * are meant in whatever form they come. To deny addresses of hosts denies multicast and broadcasts too,
   * which such hosts hear: 255.255.255.255, and those of the networks that the machine is in. A rule before
   * it may allow them. A rule of every operation and port also holds for those who call or send to an
   * announced port.
   */
  readonly address?: string | undefined
  /** A port, or the first and the last of a range. */
  readonly port?: number | readonly [first: number, last: number] | undefined
}

/** What the sessions of a tree may reach. The first rule that matches decides. */
export interface Policy {
  /** In the order in which they are asked; absent means none. */
  readonly rules?: readonly Rule[] | undefined
  /** What holds when no rule matches; 'allow' when absent. */
  readonly otherwise?: 'allow' | 'deny' | undefined
  /**
   * Whether names are looked up, by cs and dns; 'allow' when absent. Queries go to the servers of this
   * machine, whatever the rules say: a client that may ask can tell something to the owner of a name, and see
   * what names this machine knows.
   */
  readonly lookups?: 'allow' | 'deny' | undefined
}
