// What the two real trees in the recordings answered, byte for byte, and what programs see of it: K is a Plan 9 kernel's /net
// behind exportfs, I hosted Inferno's behind export.
import { expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { ErrClosed, isErr, OpError, type TCPConn } from '@net/contract'
import { plan9 } from '../src/index.ts'
import { ScriptedNet, type Script } from './scripted_net.ts'

const at = (port: number, ip = '127.0.0.1'): TCPAddr => new TCPAddr(parseIP(ip), port)
const udpAt = (port: number, ip = '127.0.0.1'): UDPAddr => new UDPAddr(parseIP(ip), port)

interface Tree {
  readonly net: ScriptedNet
  /** The control messages written, in order. */
  readonly said: string[]
  readonly target: ReturnType<typeof plan9>
}

interface Parts {
  readonly proto?: 'tcp' | 'udp'
  /** What the control messages fail with. */
  readonly refuse?: (message: string) => string | undefined
  readonly data?: Script
  readonly local?: string
  readonly remote?: string
  readonly number?: string
  readonly more?: Record<string, () => Script>
}

function tree(parts: Parts): Tree {
  const { proto = 'tcp', refuse, data = {}, number = '6' } = parts
  const { local = '127.0.0.1!33388\n', remote = '127.0.0.1!7007\n' } = parts
  const said: string[] = []
  let query = ''
  const cs: Script = {
    reads: [],
    write(text) {
      query = text
      const [, host = '', port = ''] = /^[a-z]+!(.*)!(.*)$/.exec(query) ?? []
      cs.reads = [`/net/${proto}/clone ${host === '*' ? port : `${host}!${port}`}`]
    },
  }
  const dir = `${proto}/${number}`
  const net = new ScriptedNet({
    cs: () => cs,
    [`${proto}/clone`]: () => ({
      reads: [number],
      write(text) {
        said.push(text)
        const error = refuse?.(text)
        if (error !== undefined) throw new Error(error)
      },
    }),
    [`${dir}/data`]: () => data,
    [`${dir}/local`]: () => ({ reads: [local] }),
    [`${dir}/remote`]: () => ({ reads: [remote] }),
    ...parts.more,
  })
  return { net, said, target: plan9({ net }) }
}

async function fails(work: Promise<unknown>): Promise<OpError> {
  const e = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

async function readAll(c: TCPConn, times: number): Promise<(number | null)[]> {
  const all: (number | null)[] = []
  for (let i = 0; i < times; i++) all.push(await c.read(new Uint8Array(64)))
  return all
}

const hungup = new Error('i/o on hungup channel')

test('dialTCP() goes through cs and clone as in trace K3, and leaves no file open', async () => {
  const { net, said, target } = tree({ data: { reads: ['hello', '', '', '', hungup, hungup] } })
  const c = await target.dialTCP('tcp', null, at(7007), { keepAlive: false })
  expect(said).toEqual(['connect 127.0.0.1!7007'])
  expect(net.opens.slice(0, 2)).toEqual(['cs', 'tcp/clone'])
  expect(String(c.localAddr)).toBe('127.0.0.1:33388')
  expect(String(c.remoteAddr)).toBe('127.0.0.1:7007')
  await c.close()
  expect(net.held).toBe(0)
})

test.each([
  ['can be opened', { opening: () => Promise.reject(new Error("'./cs' permission denied")) }],
  [
    'knows the port',
    {
      write: () => {
        throw new Error("cs: can't translate service")
      },
    },
  ],
] satisfies [string, Script][])('without a cs that %s the address is written as it is', async (_, cs) => {
  const { said, target } = tree({ more: { cs: () => cs } })
  await using c = await target.dialTCP('tcp', null, at(7007), { keepAlive: false })
  expect(said).toEqual(['connect 127.0.0.1!7007'])
  expect(String(c.remoteAddr)).toBe('127.0.0.1:7007')
})

test('the end of K is 0 bytes three times, then an error: read() gives null for ever (K4)', async () => {
  const { target } = tree({ data: { reads: ['hello', '', '', '', hungup, hungup] } })
  await using c = await target.dialTCP('tcp', null, at(7007))
  expect(await readAll(c, 8)).toEqual([5, null, null, null, null, null, null, null])
})

test('the end of I is 0 bytes for ever: read() gives null for ever (A2)', async () => {
  const { target } = tree({ data: { reads: ['echo:x'] } })
  await using c = await target.dialTCP('tcp', null, at(7007))
  expect(await readAll(c, 6)).toEqual([6, null, null, null, null, null])
})

test('a conversation of I that was hung up reads as the end at once (A4)', async () => {
  const { target } = tree({ data: { reads: [hungup, hungup] } })
  await using c = await target.dialTCP('tcp', null, at(7007))
  expect(await readAll(c, 2)).toEqual([null, null])
})

test.each([
  ['K', 'Hangup'],
  ['I', 'Broken pipe'],
])('writing after the peer has closed fails in the end with EPIPE: %s says %s', async (_, words) => {
  let writes = 0
  const write = (): void => {
    if (++writes > 1) throw new Error(words)
  }
  const { target } = tree({ data: { write, reads: ['wait'] } })
  await using c = await target.dialTCP('tcp', null, at(7007))
  const e = await fails(
    (async () => {
      for (;;) await c.write(new Uint8Array([1]))
    })(),
  )
  expect(e.code).toBe('EPIPE')
  expect(e.message).toBe('write tcp 127.0.0.1:33388->127.0.0.1:7007: write: broken pipe')
  expect((e.cause.cause as Error).cause).toMatchObject({ message: words })
})

test.each([
  ['K', 'connection refused', 'ECONNREFUSED', 'connection refused'],
  ['I', 'Connection refused', 'ECONNREFUSED', 'connection refused'],
  ['K', 'connection timed out', 'ETIMEDOUT', 'connection timed out'],
  ['K', 'no route', 'EHOSTUNREACH', 'no route to host'],
  ['I', 'No route to host', 'EHOSTUNREACH', 'no route to host'],
  ['I', 'Network is unreachable', 'ENETUNREACH', 'network is unreachable'],
  ['I', 'Cannot assign requested address', 'EADDRNOTAVAIL', 'cannot assign requested address'],
  ['K', 'connection in use', undefined, 'connection in use'],
])('a dial that %s refuses with "%s" has the code %s', async (_, words, code, text) => {
  const { net, target } = tree({ refuse: () => words })
  const e = await fails(target.dialTCP('tcp', null, at(1, '1.2.3.4')))
  expect(e.code).toBe(code)
  expect(e.message).toBe(`dial tcp 1.2.3.4:1: ${text}`)
  expect(net.held).toBe(0)
})

test.each([
  ['K', 'address in use'],
  ['I', 'Address already in use'],
])('listenTCP() on an address in use is EADDRINUSE: %s says %s', async (_, words) => {
  const { net, said, target } = tree({ refuse: () => words })
  const e = await fails(target.listenTCP('tcp', at(7110)))
  expect(said).toEqual(['announce 127.0.0.1!7110'])
  expect([e.code, e.message]).toEqual(['EADDRINUSE', 'listen tcp 127.0.0.1:7110: address already in use'])
  expect(net.held).toBe(0)
})

test('dialTCP() with a local address writes it behind the other (K6)', async () => {
  const { said, target } = tree({})
  await using c = await target.dialTCP('tcp', at(7777), at(7007), { keepAlive: false })
  expect(c.localAddr.port).toBe(33388)
  expect(said).toEqual(['connect 127.0.0.1!7007 127.0.0.1!7777'])
})

test('where connect takes no local address but a port (I) the address is bound before', async () => {
  const refuse = (m: string): string | undefined =>
    m.includes(' 127.0.0.1!7777') && m.startsWith('connect') ? 'non-numeric port number' : undefined
  const { net, said, target } = tree({ refuse })
  const c = await target.dialTCP('tcp', at(7777), at(7007), { keepAlive: false })
  expect(said.slice(1)).toEqual(['bind 127.0.0.1!7777', 'connect 127.0.0.1!7007'])
  await c.close()
  expect(net.held).toBe(0)
})

test('a listener opens listen, reads the number there and the addresses of the new conversation (K8)', async () => {
  let calls = 0
  const { net, said, target } = tree({
    number: '12',
    local: '::!7110\n',
    remote: '::!0\n',
    more: {
      'tcp/12/listen': () => ({
        reads: [' 14'], // some systems pad it
        opening: async (options) => {
          if (calls++ === 0) return
          await new Promise((_, reject) => {
            options?.signal?.addEventListener('abort', () => {
              reject(new Error("'./tcp/12/listen' interrupted"))
            })
          })
        },
      }),
      'tcp/14/data': () => ({ reads: ['from peer', ''] }),
      'tcp/14/local': () => ({ reads: ['127.0.0.1!7110\n'] }),
      'tcp/14/remote': () => ({ reads: ['127.0.0.1!40551\n'] }),
    },
  })
  const listener = await target.listenTCP('tcp', null, { keepAlive: false })
  expect(String(listener.addr)).toBe('[::]:7110')
  const c = await listener.accept()
  expect([String(c.localAddr), String(c.remoteAddr)]).toEqual(['127.0.0.1:7110', '127.0.0.1:40551'])
  const p = new Uint8Array(64)
  expect(await c.read(p)).toBe(9)
  expect(Buffer.from(p.subarray(0, 9)).toString()).toBe('from peer')
  const pending = fails(listener.accept())
  await Promise.resolve()
  await listener.close()
  expect(isErr(await pending, ErrClosed)).toBe(true)
  await c.close()
  expect(said).toEqual(['announce 0', 'hangup'])
  expect(net.held).toBe(0)
})

const header =
  '00000000000000000000ffff7f00000100000000000000000000ffff7f00000100000000000000000000ffff7f000001dc801be4'

test('listenUDP() announces with headers, and takes and makes the bytes of K10', async () => {
  const written: string[] = []
  const { net, said, target } = tree({
    proto: 'udp',
    number: '0',
    local: '127.0.0.1!7140\n',
    remote: '::!0\n',
    data: {
      reads: [
        Buffer.concat([Buffer.from(header, 'hex'), Buffer.from('ping')]),
        Buffer.from(header, 'hex'),
        'wait',
      ],
      write: (_, bytes) => {
        written.push(Buffer.from(bytes).toString('hex'))
      },
    },
  })
  const c = await target.listenUDP('udp', udpAt(7140))
  expect(said).toEqual(['announce 127.0.0.1!7140', 'headers'])
  const p = new Uint8Array(8)
  const [n, from] = await c.readFrom(p)
  expect([n, String(from), Buffer.from(p.subarray(0, 4)).toString()]).toEqual([4, '127.0.0.1:56448', 'ping'])
  expect((await c.readFrom(p))[0]).toBe(0) // a datagram without anything in it
  expect(await c.writeTo(Buffer.from('pong'), from)).toBe(4)
  expect(written).toEqual([
    '00000000000000000000ffff7f00000100000000000000000000ffff7f00000100000000000000000000000000000000dc801be4' +
      Buffer.from('pong').toString('hex'),
  ])
  await c.close()
  expect(net.held).toBe(0)
})

test('a connected socket of K fails each read() behind an ICMP message with ECONNREFUSED (K12)', async () => {
  const unreachable = new Error('port unreachable')
  const { target } = tree({
    proto: 'udp',
    remote: '127.0.0.1!9\n',
    data: { reads: [unreachable, unreachable] },
  })
  await using c = await target.dialUDP('udp', null, udpAt(9))
  for (let i = 0; i < 2; i++) expect((await fails(c.read(new Uint8Array(8)))).code).toBe('ECONNREFUSED')
})

test('a connected socket of I fails the next write() with ECONNREFUSED (U2)', async () => {
  let writes = 0
  const write = (): void => {
    if (++writes === 2) throw new Error('Connection refused')
  }
  const { target } = tree({ proto: 'udp', remote: '127.0.0.1!1\n', data: { write, reads: ['wait'] } })
  await using c = await target.dialUDP('udp', null, udpAt(1))
  expect(await c.write(new Uint8Array(1))).toBe(1)
  const e = await fails(c.write(new Uint8Array(1)))
  expect([e.code, e.n]).toEqual(['ECONNREFUSED', 0])
  expect(await c.write(new Uint8Array(1))).toBe(1)
})

test('a datagram that the tree carries in no message is EMSGSIZE', async () => {
  const { target } = tree({ proto: 'udp', data: { ioSize: 8192, reads: ['wait'] } })
  await using c = await target.dialUDP('udp', null, udpAt(1))
  expect(await c.write(new Uint8Array(8192))).toBe(8192)
  expect((await fails(c.write(new Uint8Array(8193)))).code).toBe('EMSGSIZE')
})

const K2 =
  'device /net/ether0 maxtu 1514 sendra 0 recvra 0 mflag 0 oflag 0 maxraint 600000 minraint 200000 linkmtu 0 reachtime 0 ' +
  'rxmitra 0 ttl 255 routerlt 1800000 pktin 2833 pktout 2359 errin 0 errout 0\n\t10.0.2.15                                ' +
  '/120       10.0.2.0                                 4294967295   4294967295  \n'
const loopback =
  'device /dev/null maxtu 16384 sendra 0 recvra 0 mflag 0 oflag 0 maxraint 600000 minraint 200000 linkmtu 0 reachtime 0 ' +
  'rxmitra 0 ttl 255 routerlt 1800000 pktin 183 pktout 183 errin 0 errout 0\n\t127.0.0.1                                ' +
  '/104       127.0.0.0                                4294967295   4294967295  \n'

test('interfaces() reads the status files of K2', async () => {
  const net = new ScriptedNet({
    'ipifc/0/status': () => ({ reads: [K2] }),
    'ipifc/1/status': () => ({ reads: [loopback] }),
    'ether0/addr': () => ({ reads: ['525400123456'] }),
  })
  const [ether, lo] = await plan9({ net }).interfaces()
  expect([ether?.index, ether?.name, ether?.mtu, String(ether?.hardwareAddr)]).toEqual([
    1,
    '/net/ipifc/0',
    1514,
    '52:54:00:12:34:56',
  ])
  expect(String(ether?.flags)).toBe('up|broadcast|multicast|running')
  expect([lo?.index, lo?.mtu, lo?.hardwareAddr, String(lo?.flags)]).toEqual([
    2,
    16384,
    null,
    'up|loopback|multicast|running',
  ])
  expect((await lo?.addrs())?.map(String)).toEqual(['127.0.0.1/8'])
  expect((await plan9({ net }).interfaceAddrs()).map(String)).toEqual(['10.0.2.15/24', '127.0.0.1/8'])
  expect(net.held).toBe(0)
})

test('a tree without ipifc (I) refuses interfaces() with EPLAN9', async () => {
  expect((await fails(plan9({ net: new ScriptedNet({}) }).interfaces())).code).toBe('EPLAN9')
})
