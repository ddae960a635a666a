import { HardwareAddr, IPAddr, IPNet, cidrMask, type Addr } from '@net/addr'
import {
  FlagBroadcast,
  FlagLoopback,
  FlagMulticast,
  FlagRunning,
  Flags,
  FlagUp,
  OpError,
  type Interface,
  type InterfaceGroup,
} from '@net/contract'
import { ipOf } from '../ip/address.ts'
import type { NIC } from './nic.ts'

function flagsOf(nic: NIC): Flags {
  const kind = nic.isLoopback ? FlagLoopback : FlagBroadcast | FlagMulticast
  return new Flags(kind | (nic.isUp ? FlagUp : 0) | (nic.isRunning ? FlagRunning : 0))
}

function addrsOf(nic: NIC): Addr[] {
  return nic.addrs.flatMap(({ addr, bits, version }) => {
    const mask = cidrMask(bits, version === 4 ? 32 : 128)
    return mask === null ? [] : [new IPNet(ipOf(addr), mask)]
  })
}

/** An interface as programs see it: as it is now. */
export function interfaceOf(nic: NIC): Interface {
  return {
    index: nic.index,
    mtu: nic.mtu,
    name: nic.label,
    hardwareAddr: nic.mac === null ? null : HardwareAddr.from(nic.mac.bytes()),
    flags: flagsOf(nic),
    addrs: async () => addrsOf(nic),
    multicastAddrs: async () => [...nic.groups.keys()].map((group) => new IPAddr(ipOf(group))),
  }
}

/** The interfaces of a simulated host. */
export function interfaceGroup(nics: () => readonly NIC[]): InterfaceGroup {
  const error = (text: string): OpError => new OpError('route', 'ip+net', null, null, new Error(text))
  const found = (nic: NIC | undefined): Interface => {
    if (nic === undefined) throw error('no such network interface')
    return interfaceOf(nic)
  }
  return {
    interfaces: async () => nics().map(interfaceOf),
    interfaceAddrs: async () => nics().flatMap(addrsOf),
    async interfaceByIndex(index) {
      if (!(index > 0)) throw error('invalid network interface index')
      return found(nics().find((nic) => nic.index === index))
    },
    async interfaceByName(name) {
      if (typeof name !== 'string') throw new TypeError('the name of an interface is a string')
      if (name === '') throw error('invalid network interface name')
      return found(nics().find((nic) => nic.label === name))
    },
  }
}
