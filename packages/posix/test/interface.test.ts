import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OpError, SyscallError, type Interface } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix } from '../src/index.ts'
import { parseIGMP, parseIGMP6 } from '../src/interface/interface_linux.ts'
import { dump } from '../src/interface/netlink_linux.ts'
import { parseLink, rtm, SizeofIfInfomsg } from '../src/wire/netlink_route.ts'
import { ip, namespaceRefused, Namespace, type PrintedInterface } from './netns.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const target = posix()

/** What `ip -j addr` prints of an interface. */
interface IPAddress {
  ifindex: number
  ifname: string
  flags: string[]
  mtu: number
  operstate: string
  address?: string
  addr_info: { local: string; prefixlen: number }[]
}

const words: Record<string, string> = {
  UP: 'up',
  BROADCAST: 'broadcast',
  LOOPBACK: 'loopback',
  POINTOPOINT: 'pointtopoint',
  MULTICAST: 'multicast',
}

/** The interfaces as `ip` knows them, in our words. */
function fromIP(json: string, maddr: string): PrintedInterface[] {
  const groups = JSON.parse(maddr) as { ifname: string; maddr: { family?: string; address?: string }[] }[]
  return (JSON.parse(json) as IPAddress[]).map((i) => {
    const flags = Object.entries(words).flatMap(([flag, word]) => (i.flags.includes(flag) ? [word] : []))
    if (i.flags.includes('UP') && ['UP', 'UNKNOWN'].includes(i.operstate)) flags.push('running')
    const joined = groups.find(({ ifname }) => ifname === i.ifname)?.maddr ?? []
    return {
      index: i.ifindex,
      name: i.ifname,
      mtu: i.mtu,
      hardwareAddr: i.address === undefined || /^[0:]*$/.test(i.address) ? null : i.address,
      flags: flags.join('|') || '0',
      addrs: i.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      multicastAddrs: joined.flatMap(({ family, address }) =>
        family === undefined || address === undefined ? [] : [address],
      ),
    }
  })
}

async function plain(i: Interface): Promise<PrintedInterface> {
  const { index, name, mtu, hardwareAddr, flags } = i
  return {
    index,
    name,
    mtu,
    hardwareAddr: hardwareAddr?.toString() ?? null,
    flags: flags.toString(),
    addrs: (await i.addrs()).map(String),
    multicastAddrs: (await i.multicastAddrs()).map(String),
  }
}

describe('the interfaces of this machine', () => {
  test('interfaces() lists what iproute2 lists', async () => {
    const listed = await Promise.all((await target.interfaces()).map(plain))
    expect(listed).toEqual(fromIP(ip('-j', 'addr'), ip('-j', 'maddr')))
    expect(listed.length).toBeGreaterThan(0)
  })

  test('addrs() gives what os.networkInterfaces() gives of interfaces that are up', async () => {
    for (const [name, infos = []] of Object.entries(networkInterfaces())) {
      const i = await target.interfaceByName(name)
      expect((await i.addrs()).map(String).sort()).toEqual(infos.map(({ cidr }) => cidr).sort())
      for (const { mac } of infos) expect(i.hardwareAddr?.toString() ?? '00:00:00:00:00:00').toBe(mac)
    }
  })

  test('interfaceAddrs() gives the addresses of all interfaces, as networks', async () => {
    const each = await Promise.all((await target.interfaces()).map((i) => i.addrs()))
    const all = await target.interfaceAddrs()
    expect(all.map(String).sort()).toEqual(each.flat().map(String).sort())
    expect(new Set(all.map(({ network }) => network))).toEqual(new Set(['ip+net']))
    expect(all.map(String)).toContain('127.0.0.1/8')
  })

  test('multicastAddrs() gives addresses of network ip', async () => {
    const lo = await target.interfaceByName('lo')
    const groups = await lo.multicastAddrs()
    expect(groups.map(String)).toContain('224.0.0.1')
    expect(new Set(groups.map(({ network }) => network))).toEqual(new Set(['ip']))
  })

  test('interfaceByIndex() and interfaceByName() find what interfaces() lists', async () => {
    for (const i of await target.interfaces()) {
      expect(await plain(await target.interfaceByIndex(i.index))).toEqual(await plain(i))
      expect(await plain(await target.interfaceByName(i.name))).toEqual(await plain(i))
    }
  })

  test('many calls at once each get an answer of their own', async () => {
    const lists = await Promise.all(Array.from({ length: 100 }, () => target.interfaces()))
    const [first = []] = lists
    for (const list of lists) expect(list).toEqual(first)
  })
})

describe('errors', () => {
  const cases: [string, () => Promise<unknown>, string][] = [
    ['interfaceByIndex(0)', () => target.interfaceByIndex(0), 'invalid network interface index'],
    ['interfaceByIndex(-1)', () => target.interfaceByIndex(-1), 'invalid network interface index'],
    ['interfaceByIndex(1.5)', () => target.interfaceByIndex(1.5), 'invalid network interface index'],
    ['interfaceByIndex(2 ** 31)', () => target.interfaceByIndex(2 ** 31), 'no such network interface'],
    ["interfaceByName('')", () => target.interfaceByName(''), 'invalid network interface name'],
    ["interfaceByName('none0')", () => target.interfaceByName('none0'), 'no such network interface'],
    ["interfaceByName('lo\\0')", () => target.interfaceByName('lo\0'), 'no such network interface'],
  ]

  test.each(cases)('%s rejects in the words of Go', async (_name, call, text) => {
    const error: unknown = await call().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(OpError)
    expect(error).toMatchObject({ op: 'route', net: 'ip+net', message: `route ip+net: ${text}` })
  })

  test('interfaceByIndex() and interfaceByName() take the wrong kind of argument for a TypeError', async () => {
    await expect(target.interfaceByIndex('1' as unknown as number)).rejects.toThrow(TypeError)
    await expect(target.interfaceByName(1 as unknown as string)).rejects.toThrow(TypeError)
  })

  test('dump() fails with the error number of what the kernel refuses', async () => {
    const error: unknown = await dump(0xfff0, new Uint8Array(16), () => null).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(SyscallError)
    expect(error).toMatchObject({ message: 'netlinkrib: operation not supported', code: 'ENOTSUP' })
  })
})

test('dump() asks again when the answer does not fit the buffer', async () => {
  const links = (first?: Uint8Array): Promise<string[]> =>
    dump(
      rtm.RTM_GETLINK,
      new Uint8Array(SizeofIfInfomsg),
      ({ payload }) => parseLink(payload)?.name ?? null,
      first,
    )
  expect(await links(new Uint8Array(64))).toEqual(await links())
})

describe('the files of /proc/net', () => {
  test('parseIGMP() reads the groups of one interface and passes over what is malformed', () => {
    const text =
      'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n' +
      '1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n' +
      '4\teth0:      :     2      V3\n\t\t\t\tFB0000E0     1 0:00000000\t\t0\n\t\t\t\tnonsense 1\n\t\n' +
      '\t\t\t\t010000E0     1 0:00000000\t\t0\n'
    expect(parseIGMP(text, 'lo').map(String)).toEqual(['224.0.0.1'])
    expect(parseIGMP(text, 'eth0').map(String)).toEqual(['224.0.0.251', '224.0.0.1'])
    expect(parseIGMP(text, 'eth1')).toEqual([])
    expect(parseIGMP('', 'lo')).toEqual([])
  })

  test('parseIGMP6() reads the groups of one interface and passes over what is malformed', () => {
    const text =
      '1    lo              ff020000000000000000000000000001     1 0000000C 0\n' +
      '4    eth0            ff0200000000000000000001ff000002     1 00000004 0\n4 eth0 ff02\n\n' +
      '4    eth0            gg0200000000000000000001ff000002     1 00000004 0\n'
    expect(parseIGMP6(text, 'lo').map(String)).toEqual(['ff02::1'])
    expect(parseIGMP6(text, 'eth0').map(String)).toEqual(['ff02::1:ff00:2'])
    expect(parseIGMP6('', 'lo')).toEqual([])
  })
})

const refused = namespaceRefused()

describe.skipIf(refused !== null)(`in a namespace (${refused ?? 'can be made'})`, () => {
  let ns: Namespace

  beforeEach(() => {
    ns = new Namespace()
  })

  afterEach(() => ns.close())

  const listed = (): PrintedInterface[] => fromIP(ns.ip('-j', 'addr'), ns.ip('-j', 'maddr'))

  test('interfaces() lists point-to-point links, peers, bridges and what is down', async () => {
    ns.batch([
      'tuntap add tun0 mode tun',
      'link add va type veth peer name vb',
      'link add br0 type bridge',
      'link set va mtu 9000 up',
      'addr add 10.1.0.1/24 dev va',
      'addr add 10.1.0.2/24 dev va',
      'addr add 10.2.0.1 peer 10.2.0.9/32 dev tun0',
      'addr add fd01::1/64 dev va nodad',
      'maddr add 33:33:00:00:00:05 dev va',
    ])
    const child = ns.start()
    const list = await child.ask<PrintedInterface[]>('list')
    expect(list).toEqual(listed())
    expect(list.map(({ name }) => name).sort()).toEqual(['br0', 'lo', 'tun0', 'va', 'vb'])
    const tun = list.find(({ name }) => name === 'tun0')
    expect(tun).toMatchObject({ hardwareAddr: null, addrs: ['10.2.0.1/32'] })
    expect(tun?.flags).toContain('pointtopoint')
    // The same process sees interfaces that come and go.
    ns.batch(['link del br0', 'link add vc type veth peer name vd'])
    expect(await child.ask('list')).toEqual(listed())
  })

  test('interfaces() gives the answer of many datagrams whole', async () => {
    ns.batch(Array.from({ length: 60 }, (_, i) => `link add a${i} type veth peer name b${i}`))
    ns.batch(Array.from({ length: 200 }, (_, i) => `addr add 10.0.0.${i + 1}/32 dev lo`))
    const list = await ns.start().ask<PrintedInterface[]>('list')
    expect(list).toHaveLength(121)
    expect(list).toEqual(listed())
  })

  test('interfaces() gives lists without gaps while interfaces come and go', async () => {
    const steady = Array.from({ length: 40 }, (_, i) => `s${i}`)
    ns.batch(steady.map((name) => `link add ${name} type veth peer name p${name}`))
    const child = ns.start()
    await child.ask('list')
    const comings = Array.from({ length: 40 }, (_, i) => [
      `link add c${i} type veth peer name d${i}`,
      `link del c${i}`,
    ])
    const churn = ns.batchAsync(comings.flat())
    const lists = await child.ask<string[][]>('churn 200')
    expect(await churn).toBe(0)
    for (const names of lists) {
      expect(new Set(names).size).toBe(names.length)
      expect(names).toEqual(expect.arrayContaining(steady))
    }
  })

  test('a zone is an interface by its name and by its number', async () => {
    ns.batch([
      'link add va type veth peer name vb',
      'link set va up',
      'link set vb up',
      'addr add fe80::1/64 dev va nodad',
    ])
    const child = ns.start()
    const index = listed().find(({ name }) => name === 'va')?.index ?? -1
    expect(await child.ask('zone va')).toBe('va')
    expect(await child.ask(`zone ${index}`)).toBe('va')
    expect(await child.ask('zone vx')).toBe('EINVAL')
  })
})
