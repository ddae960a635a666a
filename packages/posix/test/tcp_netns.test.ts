import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TCPConn, TCPListener } from '@net/contract'
import { ip, Namespace, namespaceRefused } from './netns.ts'
import { missing, Peer } from './peer.ts'
import { RemoteProcess } from './remote.ts'

// Two hosts with two links between them. What is ours runs on the first; on the second, which has an address of its own on
// no link, run programs in Python.
const refused = namespaceRefused() ?? missing('python3', '--version')
const note = refused === '' ? '' : ` (skipped: ${refused})`

let ours: Namespace
let theirs: Namespace
let o: RemoteProcess
const service = '10.78.9.9'
const [ourAddress, theirAddress] = ['10.78.1.1', '10.78.1.2']

/** Starts a program in Python on the other host. */
function there(program: string, ...argv: string[]): Peer {
  return new Peer('ip', ['netns', 'exec', theirs.name, 'python3', '-u', '-c', program, ...argv])
}

beforeAll(() => {
  if (refused !== '') return
  ours = new Namespace()
  theirs = new Namespace()
  for (const link of ['v0', 'v1']) {
    ip('link', 'add', link, 'netns', ours.name, 'type', 'veth', 'peer', 'name', link, 'netns', theirs.name)
  }
  ours.batch([
    'link set lo up',
    `addr add ${ourAddress}/24 dev v0`,
    'addr add 10.78.2.1/24 dev v1',
    'link set v0 up',
    'link set v1 up',
  ])
  theirs.batch([
    'link set lo up',
    `addr add ${theirAddress}/24 dev v0`,
    'addr add 10.78.2.2/24 dev v1',
    `addr add ${service}/32 dev lo`,
    'link set v0 up',
    'link set v1 up',
  ])
  ours.batch([
    `route add ${service} via ${theirAddress}`,
    `route add ${service} via 10.78.2.2 table 107`,
    'rule add fwmark 7 lookup 107',
  ])
  o = new RemoteProcess(ours.name)
})

afterAll(async () => {
  if (refused !== '') return
  await o.end()
  await ours.close()
  await theirs.close()
})

// A server that prints its port, then for each connection who is there, and answers each byte with itself.
const echo = `
import socket, sys
s = socket.create_server((sys.argv[1], 0))
print(s.getsockname()[1])
while True:
    c, addr = s.accept()
    print(addr[0])
    while True:
        try: p = c.recv(1)
        except OSError: break
        if not p: break
        c.sendall(p)
    c.close()`

/** Dials a server on the other host with options that are set before, keeps the connection as `kept`, and has a byte echoed. */
async function dial(
  addr: string,
  port: number,
  options: Record<string, unknown>,
  from: string | null = null,
): Promise<void> {
  await o.run(
    async ({ posix, parseIP, TCPAddr, setOption, kept }, addr, port, options, from) => {
      const laddr = from === null ? null : new TCPAddr(parseIP(from), 0)
      const c = await posix().dialTCP('tcp4', laddr, new TCPAddr(parseIP(addr), port), {
        keepAlive: false,
        control: (_network, _address, raw) => {
          for (const [name, value] of Object.entries(options))
            setOption(raw, name as 'IP_TTL', value as number)
        },
      })
      await c.write(Uint8Array.of(1))
      await c.read(new Uint8Array(1))
      kept.set('c', c)
    },
    addr,
    port,
    options,
    from,
  )
}

async function close(): Promise<void> {
  await o.run(async ({ kept }) => {
    await (kept.get('c') as TCPConn).close()
  })
}

describe.skipIf(refused !== '')(`TCP options seen from another host${note}`, () => {
  test('SO_MARK chooses the route of a policy, and ss shows it', async () => {
    await using peer = there(echo, service)
    const port = Number(await peer.line())
    await dial(service, port, {})
    expect(await peer.line()).toBe(ourAddress)
    await close()
    await dial(service, port, { SO_MARK: 7 })
    expect(await peer.line()).toBe('10.78.2.1')
    const ss = ip('netns', 'exec', ours.name, 'ss', '-tenH', 'dport', '=', `:${port}`)
    expect(ss).toMatch(/10\.78\.2\.1:.*fwmark:0x7\b/)
    await close()
  })

  test('IP_TTL and IP_TOS are in the packets', async () => {
    await using peer = there(echo, service)
    const port = Number(await peer.line())
    // Prints time to live, type of service and payload of what is sent to the port with a payload.
    await using observer = there(
      `
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
print('looking')
while True:
    p = s.recv(65535)
    port, = struct.unpack('!H', p[22:24])
    data = p[20 + (p[32] >> 4) * 4:]
    if port == int(sys.argv[1]) and data: print(p[8], p[1], *data)`,
      String(port),
    )
    expect(await observer.line()).toBe('looking')
    await dial(service, port, { IP_TTL: 33, IP_TOS: 0xb8 })
    expect(await observer.line()).toBe('33 184 1')
    await o.run(async ({ setOption, kept }) => {
      const c = kept.get('c') as TCPConn
      setOption(c, 'IP_TTL', 34)
      setOption(c, 'IP_TOS', 0x28)
      await c.write(Uint8Array.of(2))
    })
    // The first byte may come again, if it was acknowledged late.
    let line: string
    do line = await observer.line()
    while (line.endsWith(' 1'))
    expect(line).toBe('34 40 2')
    await close()
  })

  // The host goes silent: what comes for the address it had is passed over without a word.
  async function silenced(f: () => Promise<void>): Promise<void> {
    const link = theirs.ip('-o', 'link', 'show', 'v0')
    const mac = /link\/ether ([0-9a-f:]+)/.exec(link)?.[1] ?? ''
    ours.ip('neigh', 'replace', theirAddress, 'lladdr', mac, 'dev', 'v0', 'nud', 'permanent')
    theirs.ip('addr', 'del', `${theirAddress}/24`, 'dev', 'v0')
    try {
      await f()
    } finally {
      theirs.ip('addr', 'add', `${theirAddress}/24`, 'dev', 'v0')
      ours.ip('neigh', 'del', theirAddress, 'dev', 'v0')
    }
  }

  test('TCP_USER_TIMEOUT gives up a connection whose peer does not acknowledge', async () => {
    await using peer = there(echo, theirAddress)
    await dial(theirAddress, Number(await peer.line()), {})
    await silenced(async () => {
      const ended = o.run(async ({ setOption, kept }) => {
        const c = kept.get('c') as TCPConn
        setOption(c, 'TCP_USER_TIMEOUT', 500)
        await c.write(Uint8Array.of(2))
        await c.read(new Uint8Array(1))
      })
      await expect(ended).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    })
    await close()
  })

  test('setKeepAliveConfig() gives up an idle connection whose peer does not answer its probes', async () => {
    await using peer = there(echo, theirAddress)
    await dial(theirAddress, Number(await peer.line()), {})
    await silenced(async () => {
      const ended = o.run(async ({ kept }) => {
        const c = kept.get('c') as TCPConn
        c.setKeepAliveConfig({ enable: true, idle: 1000, interval: 1000, count: 1 })
        await c.read(new Uint8Array(1))
      })
      await expect(ended).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    })
    await close()
  })

  /** Listens with options that are set before, and answers each connection with the address it was made to. */
  async function listen(addr: string | null, options: Record<string, unknown>): Promise<number> {
    return await o.run(
      ({ listenTCPSync, parseIP, TCPAddr, setOption, kept }, addr, options) => {
        const listener = listenTCPSync('tcp4', new TCPAddr(addr === null ? null : parseIP(addr), 0), {
          control: (_network, _address, raw) => {
            for (const [name, value] of Object.entries(options)) {
              setOption(raw, name as 'IP_FREEBIND', value as boolean)
            }
          },
        })
        kept.set('listener', listener)
        const serve = async (): Promise<void> => {
          for await (const c of listener) {
            await c.write(new TextEncoder().encode(String(c.localAddr.ip)))
            await c.close()
          }
        }
        void serve()
        return listener.addr.port
      },
      addr,
      options,
    )
  }

  async function closeListener(): Promise<void> {
    await o.run(async ({ kept }) => {
      await (kept.get('listener') as TCPListener).close()
    })
  }

  const client = `
import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2]))).makefile().read())`

  test('IP_FREEBIND listens on an address before the host has it', async () => {
    const addr = '10.78.3.3'
    await expect(listen(addr, {})).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
    const port = await listen(addr, { IP_FREEBIND: true })
    ours.ip('addr', 'add', `${addr}/32`, 'dev', 'lo')
    theirs.ip('route', 'add', addr, 'via', ourAddress)
    await using peer = there(client, addr, String(port))
    expect(await peer.line()).toBe(addr)
    expect(await peer.ended()).toBe(0)
    await closeListener()
  })

  test('IP_TRANSPARENT serves and uses addresses that are not the host’s', async () => {
    // What comes in for these is delivered here; they are still nobody's.
    ours.ip('route', 'add', 'local', '198.51.100.0/24', 'dev', 'lo', 'table', '100')
    ours.ip('rule', 'add', 'iif', 'v0', 'lookup', '100')
    theirs.ip('route', 'add', '198.51.100.0/24', 'via', ourAddress)
    const port = await listen(null, { IP_TRANSPARENT: true })
    await using peer = there(client, '198.51.100.5', String(port))
    expect(await peer.line()).toBe('198.51.100.5')
    expect(await peer.ended()).toBe(0)
    await closeListener()

    await using server = there(echo, theirAddress)
    const to = Number(await server.line())
    await expect(dial(theirAddress, to, {}, '198.51.100.77')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
    await dial(theirAddress, to, { IP_TRANSPARENT: true }, '198.51.100.77')
    expect(await server.line()).toBe('198.51.100.77')
    await close()
  })

  test('TCP_FASTOPEN_CONNECT sends the first write to a Python server along with the first segment', async () => {
    await using peer = there(
      `
import socket, sys
open('/proc/sys/net/ipv4/tcp_fastopen', 'w').write('3')
s = socket.create_server((sys.argv[1], 0))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
print(s.getsockname()[1])
while True:
    c, _ = s.accept()
    # tcpi_options of struct tcp_info; TCPI_OPT_SYN_DATA
    print(c.recv(5).decode(), c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5] & 32)
    c.close()`,
      theirAddress,
    )
    const port = Number(await peer.line())
    for (const synData of [0, 32]) {
      await o.run(
        async ({ posix, parseIP, TCPAddr, setOption }, addr, port) => {
          const c = await posix().dialTCP('tcp4', null, new TCPAddr(parseIP(addr), port), {
            control: (_network, _address, raw) => {
              setOption(raw, 'TCP_FASTOPEN_CONNECT', true)
            },
          })
          await c.write(new TextEncoder().encode('hello'))
          await c.read(new Uint8Array(1))
          await c.close()
        },
        theirAddress,
        port,
      )
      expect(await peer.line()).toBe(`hello ${synData}`)
    }
  })
})
