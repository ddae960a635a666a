import { IP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { ErrUnexpectedEOF, isErr } from '@net/contract'
import { ledger, testConn, testListener } from '@net/contract/suite'
import { keepLeaks } from '../src/leak.ts'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  encodeProxyHeader,
  ProxyConn,
  proxyHeaderOf,
  proxyListener,
  readProxyHeader,
  type ProxyHeader,
} from '../src/proxy/index.ts'
import { memoryPair, resetMemory } from './memory/conn.ts'
import { MemoryListener } from './memory/listener.ts'

const same = ledger(keepLeaks())
afterAll(same)

const hex = (p: Uint8Array): string => Buffer.from(p).toString('hex')
const unhex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s.replaceAll(/\s/g, ''), 'hex'))
const tcp = (ip: string, port: number): TCPAddr => TCPAddr.from({ ip, port })
const signature = '0d0a0d0a000d0a515549540a'

/** A header with its addresses as text: that of 4 bytes and that of 16 are the same one. */
const told = ({ source, destination, ...rest }: ProxyHeader) => ({
  ...rest,
  addrs: [source, destination].map((addr) => addr && `${addr.network} ${addr.toString()}`),
})

/** Reads a header from its bytes, which come one at a time, and what follows it. */
async function read(header: Uint8Array): Promise<ProxyHeader> {
  const [here, there] = memoryPair()
  try {
    const reading = readProxyHeader(here)
    reading.catch(() => {})
    for (const byte of header) await there.write(Uint8Array.of(byte))
    await there.write(Uint8Array.of(42))
    await there.closeWrite()
    const found = await reading
    const p = new Uint8Array(64)
    expect([await here.read(p), p[0], await here.read(p)]).toEqual([1, 42, null])
    return found
  } finally {
    await Promise.all([here.close(), there.close()])
  }
}

// The bytes are written out by hand from the protocol's description.
const v2: [name: string, header: Omit<ProxyHeader, 'version'>, bytes: string][] = [
  [
    'TCP over IPv4',
    { source: tcp('192.0.2.1', 50000), destination: tcp('192.0.2.2', 443), tlvs: [] },
    `${signature} 21 11 000c c0000201 c0000202 c350 01bb`,
  ],
  [
    'TCP over IPv6',
    { source: tcp('2001:db8::1', 1), destination: tcp('2001:db8::2', 2), tlvs: [] },
    `${signature} 21 21 0024 20010db8000000000000000000000001 20010db8000000000000000000000002 0001 0002`,
  ],
  [
    'packets over IPv4',
    {
      source: UDPAddr.from({ ip: '192.0.2.1', port: 5353 }),
      destination: UDPAddr.from({ ip: '192.0.2.2', port: 53 }),
      tlvs: [],
    },
    `${signature} 21 12 000c c0000201 c0000202 14e9 0035`,
  ],
  [
    'Unix sockets, one of them of the abstract namespace',
    { source: new UnixAddr('@a', 'unix'), destination: new UnixAddr('/b', 'unix'), tlvs: [] },
    `${signature} 21 31 00d8 0061${'00'.repeat(106)} 2f62${'00'.repeat(106)}`,
  ],
  ['the proxy itself', { source: null, destination: null, tlvs: [] }, `${signature} 20 00 0000`],
  [
    'the name that was asked for',
    {
      source: tcp('192.0.2.1', 1),
      destination: tcp('192.0.2.2', 2),
      tlvs: [{ type: 2, value: new TextEncoder().encode('x.test') }],
    },
    `${signature} 21 11 0015 c0000201 c0000202 0001 0002 02 0006 782e74657374`,
  ],
]

describe('version 2', () => {
  test.each(v2)('of %s is written and read', async (_name, header, bytes) => {
    expect(hex(encodeProxyHeader({ version: 2, ...header }))).toBe(hex(unhex(bytes)))
    expect(told(await read(unhex(bytes)))).toEqual(told({ version: 2, ...header }))
  })

  test('of a kind that nobody knows has no addresses, whatever follows', async () => {
    const found = await read(unhex(`${signature} 21 51 0003 ffffff`))
    expect(found).toEqual({ version: 2, source: null, destination: null, tlvs: [] })
  })

  test('is checked by its checksum, which is that of RFC 3720', async () => {
    const tlvs = [{ type: 3, value: new Uint8Array(4) }]
    const bytes = encodeProxyHeader({ version: 2, source: tcp('::1', 1), destination: tcp('::1', 2), tlvs })
    expect((await read(bytes)).tlvs[0]?.value.some((byte) => byte !== 0)).toBe(true)
    bytes[20] = 1
    await expect(read(bytes)).rejects.toThrow('wrong checksum in PROXY header')
  })

  test.each([
    [`${signature} 31 11 0000`, 'unknown version or command'],
    [`${signature} 22 11 0000`, 'unknown version or command'],
    [`${signature} 21 11 000b ${'00'.repeat(11)}`, 'too short for its addresses'],
    [`${signature} 20 00 0002 0400`, 'TLV beyond the end'],
    [`${signature} 20 00 0004 04000200`, 'TLV beyond the end'],
    [`${signature} 20 00 0004 03000100`, 'checksum of a wrong length'],
  ])('refuses %s', async (bytes, why) => {
    await expect(read(unhex(bytes))).rejects.toThrow(why)
  })

  test('is not written when it gets too long', () => {
    const tlvs = [{ type: 4, value: new Uint8Array(65536) }]
    const header = { version: 2, source: null, destination: null, tlvs } as const
    expect(() => encodeProxyHeader(header)).toThrow(RangeError)
  })
})

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\n', tcp('192.0.2.1', 50000), tcp('192.0.2.2', 80)],
    ['PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n', tcp('0.0.0.0', 0), tcp('255.255.255.255', 65535)],
    ['PROXY TCP6 2001:db8::1 ::1 50000 80\r\n', tcp('2001:db8::1', 50000), tcp('::1', 80)],
    ['PROXY UNKNOWN\r\n', null, null],
  ])('%j is written and read', async (line, source, destination) => {
    const header = { version: 1, source, destination, tlvs: [] } as const
    expect(new TextDecoder().decode(encodeProxyHeader(header))).toBe(line)
    expect(await read(new TextEncoder().encode(line))).toEqual(header)
  })

  test('of UNKNOWN may say what nobody reads, up to 107 bytes', async () => {
    const longest = `PROXY UNKNOWN ${'f'.repeat(107 - 16)}\r\n`
    expect((await read(new TextEncoder().encode(longest))).source).toBeNull()
    const longer = new TextEncoder().encode(`PROXY UNKNOWN ${'f'.repeat(107 - 15)}\r\n`)
    await expect(read(longer)).rejects.toThrow('PROXY header without end')
  })

  test('has IPv4 among IPv6 addresses as the IPv6 address that stands for it', () => {
    const header = { version: 1, source: tcp('::1', 1), destination: tcp('192.0.2.2', 2), tlvs: [] } as const
    expect(new TextDecoder().decode(encodeProxyHeader(header))).toBe(
      'PROXY TCP6 ::1 ::ffff:192.0.2.2 1 2\r\n',
    )
  })

  test.each([
    ['GET / HTTP/1.1\r\n', 'no PROXY header'],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 50000\r\n', 'malformed PROXY header'],
    ['PROXY TCP5 192.0.2.1 192.0.2.2 50000 80\r\n', 'malformed PROXY header'],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\n', 'malformed PROXY header'],
    ['PROXY TCP4 ::1 ::1 50000 80\r\n', 'invalid TCP4 address'],
    ['PROXY TCP6 192.0.2.1 ::1 50000 80\r\n', 'invalid TCP6 address'],
    ['PROXY TCP4 192.0.2.01 192.0.2.2 50000 80\r\n', 'invalid TCP4 address'],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 65536 80\r\n', 'invalid port'],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 080 80\r\n', 'invalid port'],
  ])('refuses %j', async (line, why) => {
    await expect(read(new TextEncoder().encode(line))).rejects.toThrow(why)
  })
})

test('readProxyHeader() says of a stream that ends within the header that it did', async () => {
  for (const said of ['', 'PROXY', 'PROXY TCP4 192.0.2.1 ', signature]) {
    const [here, there] = memoryPair()
    await there.write(said === signature ? unhex(said) : new TextEncoder().encode(said))
    await there.closeWrite()
    const e: unknown = await readProxyHeader(here).catch((reason: unknown) => reason)
    expect(isErr(e, ErrUnexpectedEOF), said).toBe(true)
    await Promise.all([here.close(), there.close()])
  }
})

test('readProxyHeader() reads what encodeProxyHeader() wrote, and never throws anything but an OpError', async () => {
  const addrs = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65535))
  const tlvs = fc.array(
    fc.record({ type: fc.nat(255).filter((type) => type !== 3 && type !== 4), value: fc.uint8Array() }),
    { maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(
      addrs,
      addrs,
      tlvs,
      fc.constantFrom(1 as const, 2 as const),
      async (from, to, more, version) => {
        const [source, destination] = [from, to].map(([ip, port]) => new TCPAddr(IP.from(ip), port)) as [
          TCPAddr,
          TCPAddr,
        ]
        const header = { version, source, destination, tlvs: version === 1 ? [] : more }
        const found = await read(encodeProxyHeader(header))
        expect([found.source, found.destination].map(String)).toEqual([source, destination].map(String))
        expect(found.tlvs).toEqual(header.tlvs)
      },
    ),
    { numRuns: 40 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.boolean(), async (rest, isV2) => {
      const [here, there] = memoryPair()
      await there.write(isV2 ? unhex(signature) : new TextEncoder().encode('PROXY '))
      await there.write(rest)
      await there.closeWrite()
      const e: unknown = await readProxyHeader(here).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(e === null || (e as Error).name === 'OpError').toBe(true)
      await Promise.all([here.close(), there.close()])
    }),
  )
})

describe('proxyListener()', () => {
  /** A listener, and a way to dial it with a header before all else. */
  function listening(options?: Parameters<typeof proxyListener>[1]) {
    const below = new MemoryListener()
    return { below, listener: proxyListener(below, options) }
  }

  test('gives connections with the addresses that the header tells', async () => {
    const { below, listener } = listening()
    const proxy = await below.dial()
    const header = { source: tcp('192.0.2.1', 50000), destination: tcp('192.0.2.2', 80), tlvs: [] }
    await proxy.write(encodeProxyHeader({ version: 2, ...header }))
    const conn = await listener.accept()
    expect(conn).toBeInstanceOf(ProxyConn)
    expect(String(conn.remoteAddr)).toBe('192.0.2.1:50000')
    expect(String(conn.localAddr)).toBe('192.0.2.2:80')
    expect(told(proxyHeaderOf(conn))).toEqual(told({ version: 2, ...header }))
    await Promise.all([proxy.close(), conn.close(), listener.close()])
  })

  test('hangs up on who sends no header, who is slow, and who is not trusted', async () => {
    const refusals: [Parameters<typeof proxyListener>[1], string][] = [
      [{}, 'GET / HTTP/1.1\r\n\r\n'],
      [{ timeout: 1 }, 'PROXY '],
      [{ trusts: () => false }, 'PROXY UNKNOWN\r\n'],
    ]
    for (const [options, said] of refusals) {
      const { below, listener } = listening(options)
      const proxy = await below.dial()
      await proxy.write(new TextEncoder().encode(said)).catch(() => {})
      expect(await proxy.read(new Uint8Array(1)).catch(() => null)).toBeNull()
      await Promise.all([proxy.close(), listener.close()])
    }
  })

  test('is not held up by a client that says nothing', async () => {
    const { below, listener } = listening()
    const silent = await below.dial()
    const proxy = await below.dial()
    await proxy.write(new TextEncoder().encode('PROXY UNKNOWN\r\n'))
    const conn = await listener.accept()
    expect(String(conn.remoteAddr)).toBe(String(proxy.localAddr))
    await Promise.all([silent.close(), proxy.close(), conn.close(), listener.close()])
  })
})

testConn(
  { test },
  async () => {
    const [a, b] = memoryPair()
    await a.write(encodeProxyHeader({ version: 1, source: null, destination: null, tlvs: [] }))
    const c1 = new ProxyConn(b, await readProxyHeader(b))
    return { c1, c2: a, stop: () => Promise.all([c1.close(), a.close()]).then(() => {}) }
  },
  {
    label: 'behind a proxy',
    network: 'memory',
    halfClose: true,
    byteStreams: true,
    reset: (c) => resetMemory(c instanceof ProxyConn ? (c as ProxyConn).below : c),
  },
)

testListener(
  { test },
  async () => {
    const below = new MemoryListener()
    const listener = proxyListener(below)
    const dial = async () => {
      const conn = await below.dial()
      await conn.write(encodeProxyHeader({ version: 2, source: null, destination: null, tlvs: [] }))
      return conn
    }
    return { listener, dial, stop: () => listener.close() }
  },
  { label: 'proxyListener()', network: 'memory' },
)

test('proxyHeaderOf() leaves out addresses that the protocol does not know', () => {
  const [here, there] = memoryPair()
  expect(proxyHeaderOf(here)).toEqual({ version: 2, source: null, destination: null, tlvs: [] })
  void here.close()
  void there.close()
})
