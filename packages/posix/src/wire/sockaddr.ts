import { IP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type { ABI } from '../abi/abi.ts'
import { abi } from '../abi/system.ts'
import { ifIndexToName, ifNameToIndex } from '../sys/syscall.ts'

/*
 * struct sockaddr_in                      struct sockaddr_in6                    struct sockaddr_un
 *  0      2     4            8      16     0      2     4        8        24   28   0      2
 *  +------+-----+------------+------+      +------+-----+--------+---------+----+   +------+-----------...
 *  |family| port|  address   | zero |      |family| port|flowinfo| address |zone|   |family| path
 *  +------+-----+------------+------+      +------+-----+--------+---------+----+   +------+-----------...
 * The port is in network order. The BSDs and darwin split the family: the length in the first byte, the family in the
 * second.
 */

/** The size of struct sockaddr_in, in bytes. */
const SizeofSockaddrInet4 = 16
/** The size of struct sockaddr_in6, in bytes. */
export const SizeofSockaddrInet6 = 28
const SizeofSockaddrMax = 128 // struct sockaddr_storage
const pathOffset = 2

// `on` selects the kernel whose layout is used, the running one unless a test passes another.

// Calls do not nest, so one buffer serves all addresses that go into the kernel, and one all that come out.
/** The address for the next call that takes one. */
export const sockaddrOut = new Uint8Array(SizeofSockaddrMax)
const outView = new DataView(sockaddrOut.buffer)
/** The address that the last call gave. */
export const sockaddrIn = new Uint8Array(SizeofSockaddrMax)
const inView = new DataView(sockaddrIn.buffer)
const inWords = new Uint32Array(sockaddrIn.buffer)
/** The length of {@link sockaddrIn}: set by {@link resetLength} before the call, by the kernel during it. */
export const sockaddrInLength = new Uint8Array(4)
const lengthWord = new Uint32Array(sockaddrInLength.buffer)

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Tells the kernel how large {@link sockaddrIn} is. */
export function resetLength(): void {
  lengthWord[0] = SizeofSockaddrMax
}

/** What the kernel says the length of {@link sockaddrIn} is, which may be more than it had room for. */
export function getLength(): number {
  return lengthWord[0] ?? 0
}

function putFamily(family: number, length: number, on: ABI): void {
  if (on.has.sockaddrLength) {
    sockaddrOut[0] = length
    sockaddrOut[1] = family
  } else {
    outView.setUint16(0, family, littleEndian)
  }
}

/** The family of the address in {@link sockaddrIn}. */
export function getFamily(on = abi): number {
  return (on.has.sockaddrLength ? sockaddrIn[1] : inView.getUint16(0, littleEndian)) ?? 0
}

/** The family of an address; null, the unspecified one, counts as IPv4. */
export function familyOf(ip: IP | null): number {
  return ip !== null && ip.to4() === null ? abi.AF_INET6 : abi.AF_INET
}

/**
 * Puts an internet address into {@link sockaddrOut} and gives its length; `ip` null is the unspecified
 * address. Gives -1 when the address does not fit the family.
 */
export function putInet(family: number, ip: IP | null, port: number, zone: string, on = abi): number {
  if (family === on.AF_INET) {
    const v4 = ip === null ? 0 : ip.to4()?.uint32(3)
    if (v4 === undefined) return -1
    putFamily(family, SizeofSockaddrInet4, on)
    outView.setUint16(2, port)
    outView.setUint32(4, v4)
    sockaddrOut.fill(0, 8, SizeofSockaddrInet4)
    return SizeofSockaddrInet4
  }
  putFamily(family, SizeofSockaddrInet6, on)
  outView.setUint16(2, port)
  outView.setUint32(4, 0)
  // An IPv4 wildcard on an IPv6 socket means every address of both families.
  const any = ip === null || (ip.to4() !== null && ip.isUnspecified)
  for (let i = 0; i < 4; i++) outView.setUint32(8 + 4 * i, any ? 0 : ip.uint32(i as 0 | 1 | 2 | 3))
  outView.setUint32(24, zone === '' ? 0 : zoneIndex(zone), littleEndian)
  return SizeofSockaddrInet6
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true }) // a name may begin with U+FEFF, which is part of it

/**
 * Puts a Unix address into {@link sockaddrOut} and gives its length, or -1 when the name is too long. On
 * linux a name that begins with '@' or NUL is abstract, and an empty one asks the kernel to choose; elsewhere
 * there is neither.
 */
export function putUnix(name: string, on = abi): number {
  const path = encoder.encode(name)
  const length = path.byteLength
  const abstract = on.has.abstractNames && (path[0] === 0x40 || path[0] === 0)
  if (length > on.sunPathLength || (length === on.sunPathLength && !abstract)) return -1
  if (length === 0 && !on.has.abstractNames) return -1
  sockaddrOut.set(path, pathOffset)
  if (abstract) sockaddrOut[pathOffset] = 0
  // The NUL at the end of a path counts. An abstract name has none: its end is known by the length alone.
  else sockaddrOut[pathOffset + length] = 0
  const total = pathOffset + (length === 0 || abstract ? length : length + 1)
  putFamily(on.AF_UNIX, total, on)
  return total
}

/**
 * The internet address in {@link sockaddrIn}: an IPv4-mapped one in its IPv4 form, as Go prints both alike.
 */
export function getIP(on = abi): IP {
  if (getFamily(on) === on.AF_INET) return IP.fromUint32(inView.getUint32(4))
  return IP.fromUint32s(inView.getUint32(8), inView.getUint32(12), inView.getUint32(16), inView.getUint32(20))
}

/** The port in {@link sockaddrIn}. */
export function getPort(): number {
  return inView.getUint16(2)
}

/** The zone in {@link sockaddrIn}, by name where the interface still exists. */
export function getZone(on = abi): string {
  if (getFamily(on) !== on.AF_INET6) return ''
  const index = inView.getUint32(24, littleEndian)
  return index === 0 ? '' : zoneName(index)
}

/** The address in {@link sockaddrIn} as a TCP address. */
export function getTCPAddr(on = abi): TCPAddr {
  return new TCPAddr(getIP(on), getPort(), getZone(on))
}

/** The address in {@link sockaddrIn} as a UDP address. */
export function getUDPAddr(on = abi): UDPAddr {
  return new UDPAddr(getIP(on), getPort(), getZone(on))
}

/**
 * The Unix address in {@link sockaddrIn}; unnamed sockets have an empty name, abstract ones an '@' in front.
 */
export function getUnixAddr(net: 'unix' | 'unixgram' | 'unixpacket', on = abi): UnixAddr {
  const length = getLength()
  if (length <= pathOffset) return new UnixAddr('', net)
  let path = sockaddrIn.subarray(pathOffset, Math.min(length, SizeofSockaddrMax))
  if (path[0] === 0) {
    // Kernels without abstract names fill an unnamed socket's address with NULs.
    if (!on.has.abstractNames) return new UnixAddr('', net)
    return new UnixAddr(`@${decoder.decode(path.subarray(1))}`, net)
  }
  const end = path.indexOf(0)
  if (end >= 0) path = path.subarray(0, end)
  return new UnixAddr(decoder.decode(path), net)
}

const PORT = 2 ** 32
const MAPPED = 2 ** 48

/**
 * An IPv4 address and its port in {@link sockaddrIn} as one number, a seventh of what the objects take: most connections are never
 * asked for their addresses. Null for what does not fit.
 */
export function packedAddr(on = abi): number | null {
  const v4 = getFamily(on) === on.AF_INET
  if (v4) return getPort() * PORT + inView.getUint32(4)
  const mapped = inView.getUint32(8) === 0 && inView.getUint32(12) === 0 && inView.getUint32(16) === 0xffff
  return mapped ? MAPPED + getPort() * PORT + inView.getUint32(20) : null
}

/** The address and the port of what {@link packedAddr} gave. */
export function unpackedAddr(packed: number): TCPAddr {
  const v4 = IP.fromUint32(packed % PORT)
  return new TCPAddr(packed < MAPPED ? v4 : v4.to16(), Math.floor(packed / PORT) % 2 ** 16)
}

const MAX_PEERS = 1024

/** Remembers the peers a socket has heard, so that packets of one peer bring one address. */
export class PeerCache {
  // The peer heard last is found by comparing numbers, those before it (up to MAX_PEERS) by a key.
  readonly #words = new Uint32Array(SizeofSockaddrInet6 / 4)
  readonly #peers = new Map<number | string, UDPAddr>()
  #addr: UDPAddr | null = null

  /** The UDP address in {@link sockaddrIn}. */
  get(): UDPAddr {
    const words = this.#words
    const n = getFamily() === abi.AF_INET ? 2 : words.length
    let same = this.#addr !== null
    for (let i = 0; i < n; i++) {
      const w = inWords[i] ?? 0
      if (words[i] !== w) {
        words[i] = w
        same = false
      }
    }
    if (!same || this.#addr === null) this.#addr = this.#find(n)
    return this.#addr
  }

  #find(n: number): UDPAddr {
    // An IPv4 address and its port fit into one number; family and port are in the first word, the address in
    // the second.
    const port = (this.#words[0] ?? 0) >>> 16
    const key = n === 2 ? port * 2 ** 32 + (this.#words[1] ?? 0) : this.#words.join()
    let addr = this.#peers.get(key)
    if (addr === undefined) {
      addr = getUDPAddr()
      if (this.#peers.size >= MAX_PEERS) this.#peers.clear()
      // An address with a zone is not remembered, as its interface may get another name.
      if (addr.zone === '') this.#peers.set(key, addr)
    }
    return addr
  }
}

const MAX_ZONE = 0xffffff // what Go makes of any larger number

/** The number of a zone: an interface's name, or a number as it is; 0 when there is none of that name. */
export function zoneIndex(zone: string): number {
  const index = ifNameToIndex(zone)
  if (index > 0) return index
  return /^\d+$/.test(zone) ? Math.min(Number(zone), MAX_ZONE) : 0
}

const IF_NAMESIZE = 16
const name = new Uint8Array(IF_NAMESIZE + 1)

/** The name of a zone's interface, or its number when there is none. */
export function zoneName(index: number): string {
  name.fill(0)
  if (ifIndexToName(index, name) === 0) return String(index)
  return decoder.decode(name.subarray(0, name.indexOf(0)))
}
