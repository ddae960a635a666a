// The list that GetAdaptersAddresses of iphlpapi.h makes: structures that point to each other, all in one buffer.
import { cidrMask, HardwareAddr, IP, IPAddr, IPNet } from '@net/addr'
import { adapterAddressLayout, adapterLayout, windows } from '../abi/windows.ts'
import type { NativeList } from '../sys/iphlpapi.ts'
import { viewOf } from './netlink.ts'

/** A network adapter in the list. */
export interface Adapter {
  /** Its number. */
  readonly index: number
  /** The name that its user knows. */
  readonly name: string
  /** The largest packet it sends, in bytes; -1 when there is no limit. */
  readonly mtu: number
  /** Its link-layer address, or null. */
  readonly hardwareAddr: HardwareAddr | null
  /** One of the numbers IF_TYPE. */
  readonly type: number
  /** Whether it can pass packets. */
  readonly up: boolean
  /** Its unicast addresses. */
  readonly addrs: IPNet[]
  /** The groups that it has joined. */
  readonly groups: IPAddr[]
}

const NO_LIMIT = 0xffffffff

const decoder = new TextDecoder('utf-16le', { ignoreBOM: true })

/** The memory of a list, in which a pointer leads to as many bytes as are asked for, or to null. */
class Memory {
  readonly #bytes: Uint8Array
  readonly #base: bigint

  constructor({ bytes, base }: NativeList) {
    this.#bytes = bytes
    this.#base = base
  }

  /** The bytes from an address on, of which there are at least `size`; null when they are not in the list. */
  at(address: bigint, size: number): DataView | null {
    const start = address - this.#base
    if (start < 0n || start + BigInt(size) > BigInt(this.#bytes.byteLength)) return null
    return viewOf(this.#bytes.subarray(Number(start)))
  }

  /** The structures that are linked from an address on. They are not more than there is room for, lest they go in a circle. */
  *linked(first: bigint, size: number, next: number): Generator<DataView> {
    let left = Math.floor(this.#bytes.byteLength / size)
    let view = this.at(first, size)
    while (view !== null && left-- > 0) {
      yield view
      view = this.at(view.getBigUint64(next, true), size)
    }
  }

  /** A text that ends with a zero. */
  text(address: bigint): string {
    const view = this.at(address, 2)
    if (view === null) return ''
    let end = 0
    while (end + 2 <= view.byteLength && view.getUint16(end, true) !== 0) end += 2
    return decoder.decode(new Uint8Array(view.buffer, view.byteOffset, end))
  }

  /** The IP address that a SOCKET_ADDRESS points to, or null for what is none. */
  ip(view: DataView): IP | null {
    const { Address, AddressLength } = adapterAddressLayout
    const length = view.getInt32(AddressLength, true)
    const sockaddr = length < 2 ? null : this.at(view.getBigUint64(Address, true), length)
    const family = sockaddr?.getUint16(0, true)
    // struct sockaddr_in has its address at 4, struct sockaddr_in6 at 8.
    const [at, size] = family === windows.AF_INET ? [4, 4] : [8, 16]
    if (sockaddr === null || length < at + size) return null
    if (family !== windows.AF_INET && family !== windows.AF_INET6) return null
    return IP.from(new Uint8Array(sockaddr.buffer, sockaddr.byteOffset + at, size))
  }
}

function unicast(memory: Memory, view: DataView): IPNet[] {
  const ip = memory.ip(view)
  if (ip === null) return []
  const ones = view.getUint8(adapterAddressLayout.OnLinkPrefixLength)
  const mask = cidrMask(ones, ip.byteLength * 8)
  return mask === null ? [] : [new IPNet(ip, mask)]
}

function group(memory: Memory, view: DataView): IPAddr[] {
  const ip = memory.ip(view)
  return ip === null ? [] : [new IPAddr(ip)]
}

function adapter(memory: Memory, view: DataView): Adapter {
  const layout = adapterLayout
  const { size, unicastSize, Next } = adapterAddressLayout
  const mtu = view.getUint32(layout.Mtu, true)
  const length = Math.min(view.getUint32(layout.PhysicalAddressLength, true), 8)
  const address = new Uint8Array(view.buffer, view.byteOffset + layout.PhysicalAddress, length)
  const [addrs, groups] = [layout.FirstUnicastAddress, layout.FirstMulticastAddress].map((at) =>
    view.getBigUint64(at, true),
  )
  return {
    // An adapter without IPv4 has the number that IPv6 knows.
    index: view.getUint32(layout.IfIndex, true) || view.getUint32(layout.Ipv6IfIndex, true),
    name: memory.text(view.getBigUint64(layout.FriendlyName, true)),
    mtu: mtu === NO_LIMIT ? -1 : mtu,
    hardwareAddr: length === 0 ? null : HardwareAddr.from(address),
    type: view.getUint32(layout.IfType, true),
    up: view.getUint32(layout.OperStatus, true) === windows.IfOperStatusUp,
    addrs: [...memory.linked(addrs ?? 0n, unicastSize, Next)].flatMap((a) => unicast(memory, a)),
    groups: [...memory.linked(groups ?? 0n, size, Next)].flatMap((a) => group(memory, a)),
  }
}

/** The adapters in a list. What points out of the list is passed over. */
export function parseAdapters(list: NativeList): Adapter[] {
  const memory = new Memory(list)
  return [...memory.linked(list.base, adapterLayout.size, adapterLayout.Next)].map((view) => {
    return adapter(memory, view)
  })
}
