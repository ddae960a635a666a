import { cidrMask, HardwareAddr, IPNet, parseIP, type Addr } from '@net/addr'
import {
  checkNumber,
  FlagBroadcast,
  FlagLoopback,
  FlagMulticast,
  FlagRunning,
  Flags,
  FlagUp,
  OpError,
  type Interface,
  type InterfaceGroup,
  type NetFS,
  isError,
} from '@net/contract'
import { fields, leadingNumber } from '@net/resolve'
import { ErrPlan9 } from '@net/stubs'
import { leave } from './file/open_conversation.ts'
import { textOf } from './file/query.ts'

const READ_SIZE = 8192 // bytes of one read of a status file

function routeError(cause: Error): OpError {
  return new OpError('route', 'ip+net', null, null, cause)
}

async function readAll(fs: NetFS, path: string): Promise<string> {
  const file = await fs.open(path, 'r')
  try {
    let text = ''
    for (const p = new Uint8Array(READ_SIZE); ;) {
      const n = await file.read(p)
      if (n <= 0) return text
      text += textOf(p.subarray(0, n))
    }
  } finally {
    leave(file)
  }
}

function isAbsent(e: unknown): boolean {
  return isError(e) && /does not exist|no such file/i.test(e.message)
}

// The status of each interface; they are numbered without gaps.
async function statuses(fs: NetFS): Promise<string[]> {
  const all: string[] = []
  try {
    for (;;) all.push(await readAll(fs, `ipifc/${all.length}/status`))
  } catch (e) {
    if (!isAbsent(e)) throw routeError(e as Error)
    // A tree without any has no ipifc at all.
    if (all.length === 0) throw routeError(ErrPlan9)
    return all
  }
}

/** The word after `key` in the first line of a status, or undefined. */
function after(status: string, key: string): string | undefined {
  const words = fields(status.split('\n', 1)[0] ?? '')
  const at = words.indexOf(key)
  return at < 0 ? undefined : words[at + 1]
}

/**
 * The addresses in a status: a line for each, whose first fields are the address and the mask, '/120',
 * counted in 128 bits.
 */
function parseStatusAddrs(status: string): IPNet[] {
  return status
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [addr = '', prefix = ''] = fields(line)
      const ip = parseIP(addr)
      const { value: bits, ok } = leadingNumber(prefix.slice(1))
      if (ip === null || !prefix.startsWith('/') || !ok) return []
      const mask = ip.to4() === null ? cidrMask(bits, 128) : cidrMask(bits - 96, 32)
      return mask === null ? [] : [new IPNet(ip, mask)]
    })
}

/** An interface of a network tree, as its status file told it. Its addresses are asked for anew each time. */
class Plan9Interface implements Interface {
  readonly index: number
  readonly mtu: number
  readonly name: string
  readonly hardwareAddr: HardwareAddr | null
  readonly flags: Flags
  readonly #fs: NetFS

  constructor(fs: NetFS, number: number, status: string, hardwareAddr: HardwareAddr | null) {
    this.#fs = fs
    this.index = number + 1
    this.name = `${fs.root}/ipifc/${number}`
    const mtu = leadingNumber(after(status, 'maxtu') ?? '')
    this.mtu = mtu.ok ? mtu.value : 0
    this.hardwareAddr = hardwareAddr
    const kind = isDevice(fs, status) ? FlagBroadcast : FlagLoopback
    this.flags = new Flags(FlagUp | FlagRunning | FlagMulticast | kind)
  }

  async addrs(): Promise<Addr[]> {
    try {
      return parseStatusAddrs(await readAll(this.#fs, `ipifc/${this.index - 1}/status`))
    } catch (e) {
      throw routeError(e as Error)
    }
  }

  /** None: a tree does not tell which groups were joined. */
  async multicastAddrs(): Promise<Addr[]> {
    return []
  }
}

// Loopback has "/dev/null" for a device, other interfaces that are no hardware "pkt" and a number.
function isDevice(fs: NetFS, status: string): boolean {
  const device = after(status, 'device') ?? ''
  return device.startsWith(`${fs.root}/`) || device.startsWith('/net/')
}

async function hardwareAddr(fs: NetFS, status: string): Promise<HardwareAddr | null> {
  if (!isDevice(fs, status)) return null
  const device = (after(status, 'device') ?? '').replace(/^\/[^/]*\//, '')
  // A device whose address can't be read is shown without one.
  const text = await readAll(fs, `${device}/addr`).catch(() => '')
  const hex = /^([0-9a-f]{2})+/i.exec(text)?.[0]
  return hex === undefined ? null : HardwareAddr.from(Buffer.from(hex, 'hex'))
}

/**
 * The interfaces of a network tree: those below its directory ipifc.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { plan9InterfaceGroup } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const { interfaces } = plan9InterfaceGroup(embeddedNet(posix()))
 * console.log((await interfaces()).some((i) => i.flags.toString().includes('loopback'))) // true
 * ```
 */
export function plan9InterfaceGroup(fs: NetFS): InterfaceGroup {
  async function interfaces(): Promise<Interface[]> {
    const bound = (await statuses(fs)).map((status, number) => ({ status, number }))
    return await Promise.all(
      bound.map(
        async ({ status, number }) => new Plan9Interface(fs, number, status, await hardwareAddr(fs, status)),
      ),
    )
  }

  async function find(wanted: (i: Interface) => boolean): Promise<Interface> {
    const found = (await interfaces()).find(wanted)
    if (found === undefined) throw routeError(new Error('no such network interface'))
    return found
  }

  return {
    interfaces,

    async interfaceAddrs() {
      return (await statuses(fs)).flatMap(parseStatusAddrs)
    },

    async interfaceByIndex(index) {
      checkNumber(index, 'the index')
      if (!Number.isInteger(index) || index <= 0)
        throw routeError(new Error('invalid network interface index'))
      return await find((i) => i.index === index)
    },

    async interfaceByName(name) {
      if (typeof name !== 'string') throw new TypeError('the name is not a string')
      if (name === '') throw routeError(new Error('invalid network interface name'))
      return await find((i) => i.name === name)
    },
  }
}
