import type { HardwareAddr, IPAddr, IPNet } from '@net/addr'

/** What is known of an interface. */
export interface InterfaceInfo {
  /** Its number. */
  readonly index: number
  /** The largest packet it sends, in bytes. */
  readonly mtu: number
  /** Its name. */
  readonly name: string
  /** Its link-layer address, or null. */
  readonly hardwareAddr: HardwareAddr | null
  /** The Flag constants that hold. */
  readonly flags: number
}

/** The tables of a kernel. Its functions reject with bare errors. */
export interface InterfaceTables {
  /** The interfaces. */
  links(): Promise<InterfaceInfo[]>
  /** The addresses of the interface of this number, or of all when it is 0. */
  addrs(index: number): Promise<IPNet[]>
  /** The groups that an interface has joined. */
  multicastAddrs(link: Pick<InterfaceInfo, 'index' | 'name'>): Promise<IPAddr[]>
}
