import {
  FlagBroadcast,
  FlagLoopback,
  FlagMulticast,
  FlagPointToPoint,
  FlagRunning,
  FlagUp,
  type InterfaceGroup,
} from '@net/contract'
import { windows } from '../abi/windows.ts'
import { getAdaptersAddresses } from '../sys/iphlpapi.ts'
import { parseAdapters, type Adapter } from '../wire/adapter_addresses.ts'
import { interfaceGroupOver } from './interface_group.ts'
import type { InterfaceInfo, InterfaceTables } from './interface_table.ts'

// Windows does not tell what a link can do, so that its kind has to say it, as it does for Go.
const abilities: Readonly<Partial<Record<number, number>>> = {
  [windows.IF_TYPE_ETHERNET_CSMACD]: FlagBroadcast | FlagMulticast,
  [windows.IF_TYPE_ISO88025_TOKENRING]: FlagBroadcast | FlagMulticast,
  [windows.IF_TYPE_IEEE80211]: FlagBroadcast | FlagMulticast,
  [windows.IF_TYPE_IEEE1394]: FlagBroadcast | FlagMulticast,
  [windows.IF_TYPE_PPP]: FlagPointToPoint | FlagMulticast,
  [windows.IF_TYPE_TUNNEL]: FlagPointToPoint | FlagMulticast,
  [windows.IF_TYPE_SOFTWARE_LOOPBACK]: FlagLoopback | FlagMulticast,
  [windows.IF_TYPE_ATM]: FlagBroadcast | FlagPointToPoint | FlagMulticast,
}

function infoOf({ index, mtu, name, hardwareAddr, type, up }: Adapter): InterfaceInfo {
  const flags = (up ? FlagUp | FlagRunning : 0) | (abilities[type] ?? 0)
  return { index, mtu, name, hardwareAddr, flags }
}

/** The tables of Windows: GetAdaptersAddresses of iphlpapi.h. */
const interfacesWindows: InterfaceTables = {
  async links() {
    return parseAdapters(getAdaptersAddresses()).map(infoOf)
  },

  async addrs(index) {
    const adapters = parseAdapters(getAdaptersAddresses())
    return adapters.filter((a) => index === 0 || a.index === index).flatMap((a) => a.addrs)
  },

  async multicastAddrs({ index }) {
    return parseAdapters(getAdaptersAddresses()).find((a) => a.index === index)?.groups ?? []
  },
}

/**
 * The network interfaces of Windows, through GetAdaptersAddresses of iphlpapi.dll; the name is the one that its user knows
 * ('Ethernet'), and an MTU of -1 says that there is no limit. Every call rejects with an {@link OpError} of operation 'route' and
 * network 'ip+net', whose cause is `ErrWindows` where the library cannot be called: on another system, on a 32-bit processor, or
 * where koffi cannot be loaded.
 */
export const windowsInterfaceGroup: InterfaceGroup = interfaceGroupOver(interfacesWindows)
