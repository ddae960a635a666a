import { type HardwareAddr, type IP, IPNet } from '@net/addr'
import { FlagLoopback, type Target } from '@net/contract'
import { loopbackOf } from './address.ts'

const MAX_AGE = 1000 // milliseconds after which the target is asked again

/** An interface as the files of ipifc show it. */
export interface Ifc {
  /**
   * Its device: '/dev/null' for a loopback, '/net/etherN' for one with a hardware address, else 'pkt'.
   */
  readonly device: string
  /** The largest packet in bytes. */
  readonly mtu: number
  /** The number that the target knows it by. */
  readonly index: number
  readonly hardwareAddr: HardwareAddr | null
  readonly addrs: readonly IPNet[]
}

/** The interfaces of a target, in its order. They are none where the target cannot list them. */
export class Interfaces {
  readonly #target: Target
  #known: readonly Ifc[] = []
  #asked = -Infinity
  #asking: Promise<readonly Ifc[]> | null = null

  /** Makes the list, and asks the target for the first time. */
  constructor(target: Target) {
    this.#target = target
    void this.list()
  }

  /** The interfaces as they are, or were a second ago at most. */
  async list(): Promise<readonly Ifc[]> {
    if (performance.now() - this.#asked < MAX_AGE) return this.#known
    this.#asking ??= this.#ask()
    return this.#asking
  }

  /**
   * The address from which the machine most likely sends to `ip`, by the list as it is known; null when there
   * is none.
   */
  localFor(ip: IP): IP | null {
    void this.list()
    const loopback = loopbackOf(ip)
    if (loopback !== null) return loopback
    const all = this.#known.flatMap((ifc) => ifc.addrs)
    const nearest = all.find((net) => net.contains(ip)) ?? all.find((net) => maySpeakTo(net.ip, ip))
    return nearest?.ip ?? null
  }

  /** Whether an address is this machine's, by the list as it is known. */
  owns(ip: IP): boolean {
    void this.list()
    return ip.isLoopback || this.#known.some((ifc) => ifc.addrs.some((net) => net.ip.equal(ip)))
  }

  /**
   * Whether what is sent to an address goes to all hosts of a network that this machine is in, by the list as
   * it is known.
   */
  isBroadcast(ip: IP): boolean {
    void this.list()
    return this.#known.some((ifc) => ifc.addrs.some((net) => isBroadcastOf(net, ip)))
  }

  /** An address of the interface with a number, of the family of `like`; null when none is known. */
  addressOf(index: number, like: IP): IP | null {
    const addrs = this.#known.find((ifc) => ifc.index === index)?.addrs ?? []
    return addrs.find((net) => (net.ip.to4() === null) === (like.to4() === null))?.ip ?? null
  }

  /** The number of the interface that has an address; 0, which leaves the choice to the system, for others. */
  indexOf(ip: IP): number {
    const found = this.#known.find((ifc) => ifc.addrs.some((net) => net.ip.equal(ip)))
    return found?.index ?? 0
  }

  async #ask(): Promise<readonly Ifc[]> {
    try {
      this.#known = await ask(this.#target)
    } catch {
      // The target cannot list its interfaces, and there are none for those who look.
      this.#known = []
    }
    this.#asked = performance.now()
    this.#asking = null
    return this.#known
  }
}

async function ask(target: Target): Promise<readonly Ifc[]> {
  const ifcs: Ifc[] = []
  let ethers = 0
  for (const ifc of await target.interfaces()) {
    const loopback = ifc.flags.has(FlagLoopback)
    const hardwareAddr = loopback ? null : ifc.hardwareAddr
    const device = loopback ? '/dev/null' : hardwareAddr === null ? 'pkt' : `/net/ether${ethers++}`
    const addrs = (await ifc.addrs()).filter((a) => a instanceof IPNet)
    ifcs.push({ device, mtu: ifc.mtu, index: ifc.index, hardwareAddr, addrs })
  }
  return ifcs
}

// Broadcasts of an IPv4 network go to its last address, and for some systems to the first, which was the
// broadcast address once. Networks of one or two addresses have none.
function isBroadcastOf(net: IPNet, ip: IP): boolean {
  const v4 = ip.to4()
  const [ones, bits] = net.mask.size()
  if (v4 === null || bits !== 32 || ones > 30 || !net.contains(v4)) return false
  const host = net.mask.bytes().map((b) => ~b & 0xff)
  const bytes = v4.bytes()
  return (
    host.every((h, i) => ((bytes[i] ?? 0) & h) === h) || host.every((h, i) => ((bytes[i] ?? 0) & h) === 0)
  )
}

// Tells whether an address of this machine may be the one that speaks to another host's.
function maySpeakTo(own: IP, other: IP): boolean {
  return !own.isLoopback && (own.to4() === null) === (other.to4() === null)
}
