import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UDPConn } from '@net/contract'
import { ip, Namespace, namespaceRefused } from './netns.ts'
import { RemoteProcess } from './remote.ts'

// Two hosts with two links between them; the server has two addresses on the first link, the client three.
const refused = namespaceRefused()
const note = refused === null ? '' : ` (skipped: no network namespaces here: ${refused})`
const what = (title: string): string => title + note

let s: RemoteProcess
let c: RemoteProcess
let server: Namespace
const hosts: Namespace[] = []
const processes: RemoteProcess[] = []

function address(ns: Namespace, link: string, ...addrs: string[]): void {
  for (const addr of addrs) ns.ip('addr', 'add', addr, 'dev', link, ...(addr.includes(':') ? ['nodad'] : []))
  ns.ip('link', 'set', link, 'up')
  // The kernel adds it too, but only once the link has settled.
  ns.ip('-6', 'route', 'append', 'multicast', 'ff00::/8', 'dev', link, 'table', 'local')
}

beforeAll(() => {
  if (refused !== null) return
  server = new Namespace()
  const client = new Namespace()
  hosts.push(server, client)
  for (const link of ['v0', 'v1']) {
    ip('link', 'add', link, 'netns', server.name, 'type', 'veth', 'peer', 'name', link, 'netns', client.name)
  }
  for (const ns of [server, client]) ns.ip('link', 'set', 'lo', 'up')
  address(server, 'v0', '10.77.1.1/24', '10.77.1.9/24', 'fd77:1::1/64', 'fd77:1::9/64')
  address(server, 'v1', '10.77.2.1/24', 'fd77:2::1/64')
  address(client, 'v0', '10.77.1.2/24', '10.77.1.3/24', 'fd77:1::2/64', 'fd77:1::3/64')
  address(client, 'v1', '10.77.2.2/24', 'fd77:2::2/64')
  s = new RemoteProcess(server.name)
  c = new RemoteProcess(client.name)
  processes.push(s, c)
})

afterAll(async () => {
  for (const p of processes) await p.end()
  for (const ns of hosts) await ns.close()
})

describe.skipIf(refused !== null)(what('a multi-homed server on every address'), () => {
  test.each([
    ['udp4', '10.77.1.1', '10.77.1.1'],
    ['udp4', '10.77.1.9', '10.77.1.1'],
    ['udp4', '10.77.2.1', '10.77.2.1'],
    ['udp', '10.77.1.9', '10.77.1.1'],
    ['udp', 'fd77:1::1', null],
    ['udp', 'fd77:1::9', null],
    ['udp6', 'fd77:2::1', null],
  ] as const)('%s: answers from %s when it was asked on it', async (network, asked, otherwise) => {
    const port = await s.run(
      async ({ listenUDPSync, parsePacketInfo, marshalPacketControl, kept }, network) => {
        const conn = listenUDPSync(network, null)
        conn.setControlMessages({ destination: true })
        kept.set('server', conn)
        const serve = async (): Promise<void> => {
          const [p, oob] = [new Uint8Array(100), new Uint8Array(100)]
          for (;;) {
            const { n, oobn, addr } = await conn.readMsgUDP(p, oob)
            const { destination, interfaceIndex } = parsePacketInfo(oob.subarray(0, oobn))
            const control = marshalPacketControl({ source: destination ?? null }, addr)
            await conn.writeMsgUDP(p.subarray(0, n), control, addr)
            await conn.writeTo(Uint8Array.of(interfaceIndex ?? 0), addr)
          }
        }
        serve().catch(() => undefined)
        return await Promise.resolve(conn.localAddr.port)
      },
      network,
    )
    const answers = await c.run(
      async ({ listenUDPSync, parseIP, UDPAddr }, host, port) => {
        const conn = listenUDPSync('udp', null)
        conn.setReadTimeout(5000)
        const p = new Uint8Array(100)
        await conn.writeTo(Uint8Array.of(1, 2, 3), new UDPAddr(parseIP(host), port))
        const [n, from] = await conn.readFrom(p)
        const [, plain] = await conn.readFrom(p)
        await conn.close()
        return { n, from: String(from.ip), plain: String(plain.ip), index: p[0] }
      },
      asked,
      port,
    )
    expect(answers).toMatchObject({ n: 3, from: asked })
    // Without the control message the kernel answers from the link's first address.
    if (otherwise !== null) expect(answers.plain).toBe(otherwise)
    const link = asked.startsWith('10.77.2') || asked.startsWith('fd77:2') ? 'v1' : 'v0'
    expect(server.ip('-o', 'link', 'show', link)).toMatch(new RegExp(`^${String(answers.index)}: `))
    await s.run(async ({ kept }) => {
      await (kept.get('server') as UDPConn).close()
    })
  })
})

describe.skipIf(refused !== null)(what('multicast between hosts'), () => {
  test.each([
    ['udp4', '239.77.0.1', '10.77.1.2', 'v0'],
    ['udp4', '239.77.0.1', '10.77.2.2', 'v1'],
    ['udp6', 'ff05::77', 'fd77:1::2', 'v0'],
    ['udp6', 'ff05::77', 'fd77:2::2', 'v1'],
  ] as const)(
    '%s: a group joined on an interface gets what is sent to it there, with the TTL set (%s, %s, %s)',
    async (network, group, from, link) => {
      const port = await s.run(
        async ({ listenMulticastUDPSync, interfaceGroup, parseIP, UDPAddr, kept }, network, group, link) => {
          const iface = await interfaceGroup.interfaceByName(link)
          const conn = listenMulticastUDPSync(network, iface, new UDPAddr(parseIP(group), 0))
          conn.setControlMessages({ destination: true, ttl: true })
          conn.setReadTimeout(5000)
          kept.set('member', conn)
          return conn.localAddr.port
        },
        network,
        group,
        link,
      )
      await c.run(
        async ({ listenUDPSync, parseIP, UDPAddr }, network, group, from, link, port) => {
          const conn = listenUDPSync(network, new UDPAddr(parseIP(from), 0))
          conn.setMulticastInterface(link)
          conn.setMulticastTTL(7)
          await conn.writeTo(Uint8Array.of(5), new UDPAddr(parseIP(group), port))
          await conn.close()
        },
        network,
        group,
        from,
        link,
        port,
      )
      const got = await s.run(async ({ parsePacketInfo, kept }) => {
        const conn = kept.get('member') as UDPConn
        const oob = new Uint8Array(200)
        const { n, oobn, addr } = await conn.readMsgUDP(new Uint8Array(10), oob)
        await conn.close()
        const info = parsePacketInfo(oob.subarray(0, oobn))
        return { n, from: String(addr.ip), to: String(info.destination), ttl: info.ttl }
      })
      expect(got).toEqual({ n: 1, from, to: group, ttl: 7 })
    },
  )

  test.each([
    ['udp4', '232.77.0.1', ['10.77.1.2', '10.77.1.3']],
    ['udp6', 'ff3e::77', ['fd77:1::2', 'fd77:1::3']],
  ] as const)(
    '%s: a source-specific member of %s gets no packets of others',
    async (network, group, hosts) => {
      for (const source of hosts) {
        const port = await s.run(
          ({ listenUDPSync, parseIP, kept }, network, group, source) => {
            const conn = listenUDPSync(network, null)
            const ip = parseIP(group)
            if (ip === null) throw new Error(group)
            conn.joinGroup(ip, 'v0', parseIP(source))
            conn.setReadTimeout(5000)
            kept.set('member', conn)
            return conn.localAddr.port
          },
          network,
          group,
          source,
        )
        // The other's packets go first, so that the first to arrive tells.
        const order = [...hosts].sort((a, b) => Number(a === source) - Number(b === source))
        for (const from of order) {
          await c.run(
            async ({ listenUDPSync, parseIP, UDPAddr }, network, group, from, port) => {
              const conn = listenUDPSync(network, new UDPAddr(parseIP(from), 0))
              conn.setMulticastInterface('v0')
              await conn.writeTo(Uint8Array.of(5), new UDPAddr(parseIP(group), port))
              await conn.close()
            },
            network,
            group,
            from,
            port,
          )
        }
        const [from, left] = await s.run(
          async ({ kept, parseIP }, group, source) => {
            const conn = kept.get('member') as UDPConn
            const [, from] = await conn.readFrom(new Uint8Array(10))
            const ip = parseIP(group)
            if (ip !== null) conn.leaveGroup(ip, 'v0', parseIP(source))
            conn.setReadTimeout(50)
            const left = await conn.readFrom(new Uint8Array(1)).catch((e: unknown) => (e as Error).message)
            await conn.close()
            return [String(from.ip), String(left)]
          },
          group,
          source,
        )
        expect(from).toBe(source)
        expect(left).toMatch(/i\/o timeout$/)
      }
    },
  )

  test.each([
    ['udp4', '239.77.0.5'],
    ['udp6', 'ff05::75'],
  ] as const)('%s: setMulticastLoopback() keeps or brings the own packets to %s', async (network, group) => {
    const got = await s.run(
      async ({ listenMulticastUDPSync, interfaceGroup, parseIP, UDPAddr }, network, group) => {
        const v0 = await interfaceGroup.interfaceByName('v0')
        const conn = listenMulticastUDPSync(network, v0, new UDPAddr(parseIP(group), 0))
        conn.setReadTimeout(5000)
        const to = new UDPAddr(parseIP(group), conn.localAddr.port)
        await conn.writeTo(Uint8Array.of(1), to)
        conn.setMulticastLoopback(true)
        await conn.writeTo(Uint8Array.of(2), to)
        const [bytes] = await conn.receive()
        await conn.close()
        return bytes[0]
      },
      network,
      group,
    )
    expect(got).toBe(2)
  })

  test('joinMulticastV4() by address and joinMulticastV6() by number join, and leave() leaves', async () => {
    const joined = await s.run(async ({ listenUDPSync, interfaceGroup }) => {
      const v1 = await interfaceGroup.interfaceByName('v1')
      const groups = async (): Promise<string[]> => (await v1.multicastAddrs()).map(String)
      const [four, six] = [listenUDPSync('udp4', null), listenUDPSync('udp6', null)]
      const m4 = await four.joinMulticastV4('239.77.0.9', '10.77.2.1')
      const m6 = await six.joinMulticastV6('ff05::99', v1.index)
      const during = await groups()
      await m4.setLoopback(false)
      await m4.setTTL(3)
      await m6.setLoopback(false)
      await m6.setTTL(3)
      await m4.leave()
      await m6.leave()
      const again = await m4.leave().catch((e: unknown) => (e as Error).message)
      const after = await groups()
      await four.close()
      await six.close()
      return { during, after, again: String(again) }
    })
    for (const group of ['239.77.0.9', 'ff05::99']) {
      expect(joined.during).toContain(group)
      expect(joined.after).not.toContain(group)
    }
    expect(joined.again).toMatch(/^set udp4 0\.0\.0\.0:\d+: setsockopt: cannot assign requested address$/)
  })
})

test.skipIf(refused !== null)(what('bindToDevice() keeps a socket to its interface'), async () => {
  const port = await s.run(({ listenUDPSync, kept }) => {
    const conn = listenUDPSync('udp4', null)
    conn.bindToDevice('v1')
    conn.setReadTimeout(5000)
    kept.set('bound', conn)
    return conn.localAddr.port
  })
  await c.run(async ({ listenUDPSync, parseIP, UDPAddr }, port) => {
    const conn = listenUDPSync('udp4', null)
    for (const host of ['10.77.1.1', '10.77.2.1']) {
      await conn.writeTo(new TextEncoder().encode(host), new UDPAddr(parseIP(host), port))
    }
    await conn.close()
  }, port)
  const got = await s.run(async ({ kept }) => {
    const conn = kept.get('bound') as UDPConn
    const [bytes] = await conn.receive()
    await conn.close()
    return new TextDecoder().decode(bytes)
  })
  expect(got).toBe('10.77.2.1')
})

test.skipIf(refused !== null)(
  what('readErrors() tells who refused a packet, and the MTU of a path that is too narrow'),
  async () => {
    const errors = await c.run(async ({ listenUDPSync, parseIP, UDPAddr }) => {
      const conn = listenUDPSync('udp4', null)
      conn.setErrorQueue(true)
      const to = new UDPAddr(parseIP('10.77.1.9'), 9)
      const pending = conn.readFrom(new Uint8Array(10)).catch((e: unknown) => (e as Error).message)
      await conn.writeTo(Uint8Array.of(1, 2, 3), to)
      const read = String(await pending)
      const [IP_MTU_DISCOVER, IP_PMTUDISC_DO] = [10, 2]
      conn.syscallConn().setsockoptInt(0, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
      const refused = conn.readErrors()
      const write = String(
        await conn.writeTo(new Uint8Array(3000), to).catch((e: unknown) => (e as Error).message),
      )
      const queued = [...refused, ...conn.readErrors()].map((e) => ({
        code: e.error.code,
        origin: e.origin,
        icmp: [e.type, e.code],
        info: e.info,
        offender: String(e.offender),
        destination: e.destination.toString(),
        data: e.data.byteLength,
      }))
      await conn.close()
      return { read, write, queued }
    })
    expect(errors.read).toMatch(/^read udp4 0\.0\.0\.0:\d+: recvfrom: connection refused$/)
    expect(errors.write).toMatch(/^write udp4 0\.0\.0\.0:\d+->10\.77\.1\.9:9: sendto: message too long$/)
    const destination = '10.77.1.9:9'
    expect(errors.queued).toMatchObject([
      { code: 'ECONNREFUSED', origin: 'icmp', icmp: [3, 3], offender: '10.77.1.9', destination, data: 3 },
      { code: 'EMSGSIZE', origin: 'local', icmp: [0, 0], info: 1500, destination: '10.77.1.9:0' },
    ])
  },
)
