import type { HardwareAddr, IPAddr, IPNet } from '@net/addr'
import { checkNumber, Flags, OpError, type Interface, type InterfaceGroup } from '@net/contract'
import type { InterfaceInfo, InterfaceTables } from './interface_table.ts'

/**
 * An interface of the system: what it was when it was listed. Its addresses are asked for anew each time; an
 * interface that has gone has none.
 */
export class SystemInterface implements Interface {
  readonly index: number
  readonly mtu: number
  readonly name: string
  readonly hardwareAddr: HardwareAddr | null
  readonly flags: Flags
  readonly #tables: InterfaceTables

  /** Makes an interface from an entry of the system's tables. */
  constructor(info: InterfaceInfo, tables: InterfaceTables) {
    this.#tables = tables
    this.index = info.index
    this.mtu = info.mtu
    this.name = info.name
    this.hardwareAddr = info.hardwareAddr
    this.flags = new Flags(info.flags)
  }

  async addrs(): Promise<IPNet[]> {
    return await route(() => this.#tables.addrs(this.index))
  }

  async multicastAddrs(): Promise<IPAddr[]> {
    return await route(() => this.#tables.multicastAddrs(this))
  }
}

/** Makes the error of a call about interfaces. */
function routeError(cause: Error): OpError {
  return new OpError('route', 'ip+net', null, null, cause)
}

async function route<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (e) {
    throw routeError(e as Error)
  }
}

/** The interfaces in a system's tables. Every call rejects with an {@link OpError} of operation 'route' and network 'ip+net'. */
export function interfaceGroupOver(tables: InterfaceTables): InterfaceGroup {
  const find = async (wanted: (i: InterfaceInfo) => boolean): Promise<Interface> => {
    const link = (await route(() => tables.links())).find(wanted)
    if (link === undefined) throw routeError(new Error('no such network interface'))
    return new SystemInterface(link, tables)
  }
  return {
    async interfaces() {
      return (await route(() => tables.links())).map((link) => new SystemInterface(link, tables))
    },

    async interfaceAddrs() {
      return await route(() => tables.addrs(0))
    },

    async interfaceByIndex(index) {
      checkNumber(index, 'the index')
      if (!Number.isInteger(index) || index <= 0) {
        throw routeError(new Error('invalid network interface index'))
      }
      return await find((link) => link.index === index)
    },

    async interfaceByName(name) {
      if (typeof name !== 'string') throw new TypeError('the name is not a string')
      if (name === '') throw routeError(new Error('invalid network interface name'))
      return await find((link) => link.name === name)
    },
  }
}
