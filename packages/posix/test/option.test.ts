import { afterAll, describe, expect, test } from 'vitest'
import { IP, parseIP, TCPAddr } from '@net/addr'
import { OpError, type RawConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  getOption,
  listenTCPSync,
  listenUDPSync,
  posix,
  setOption,
  type OptionName,
  type SettableOptionName,
} from '../src/index.ts'
import { Connected, loopback, readAll } from './connected.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const noPython = missing('python3', '--version')
const loopback6 = new TCPAddr(parseIP('::1'), 0)

function thrown(f: () => unknown): unknown {
  try {
    f()
  } catch (e) {
    return e
  }
  throw new Error('nothing was thrown')
}

test('setOption() sets what getOption() then reads, each in its type', async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  setOption(c, 'TCP_USER_TIMEOUT', 30_000)
  expect(getOption(c, 'TCP_USER_TIMEOUT')).toBe(30_000)
  setOption(c, 'TCP_CONGESTION', 'reno')
  expect(getOption(c, 'TCP_CONGESTION')).toBe('reno')
  setOption(c, 'TCP_QUICKACK', false)
  expect(getOption(c, 'TCP_QUICKACK')).toBe(false)
  setOption(c, 'TCP_CORK', true)
  expect(getOption(c, 'TCP_CORK')).toBe(true)
  setOption(c, 'TCP_NOTSENT_LOWAT', 16_384)
  expect(getOption(c, 'TCP_NOTSENT_LOWAT')).toBe(16_384)
  setOption(c, 'TCP_MAXSEG', 1000)
  setOption(c, 'TCP_KEEPIDLE', 40)
  setOption(c, 'TCP_KEEPINTVL', 20)
  setOption(c, 'TCP_KEEPCNT', 5)
  expect([getOption(c, 'TCP_KEEPIDLE'), getOption(c, 'TCP_KEEPINTVL'), getOption(c, 'TCP_KEEPCNT')]).toEqual([
    40, 20, 5,
  ])
  setOption(c, 'IP_TTL', 9)
  expect(getOption(c, 'IP_TTL')).toBe(9)
  setOption(c, 'IP_TOS', 0xb8)
  expect(getOption(c, 'IP_TOS')).toBe(0xb8)
  setOption(c, 'SO_PRIORITY', 3)
  expect(getOption(c, 'SO_PRIORITY')).toBe(3)
  setOption(c, 'SO_LINGER', { on: true, seconds: 3 })
  expect(getOption(c, 'SO_LINGER')).toEqual({ on: true, seconds: 3 })
  setOption(c, 'SO_LINGER', { on: false, seconds: 0 })
  setOption(c, 'SO_RCVTIMEO', 1500)
  expect(getOption(c, 'SO_RCVTIMEO')).toBe(1500)
  expect(getOption(c, 'SO_TYPE')).toBe(1)
  expect(getOption(c, 'SO_PROTOCOL')).toBe(6)
  expect(getOption(c, 'SO_ACCEPTCONN')).toBe(false)
  expect(getOption(c, 'SO_COOKIE')).not.toBe(getOption(pair.s, 'SO_COOKIE'))
  expect(getOption(c, 'TCP_INFO').byteLength).toBeGreaterThanOrEqual(192)
  expect(getOption(c, 'SO_ERROR')).toBe(0)
})

test('setOption() serves IPv6 sockets, UDP sockets and listeners', async () => {
  const listener = listenTCPSync('tcp', loopback6)
  const c = await posix().dialTCP('tcp', null, listener.addr)
  setOption(c, 'IPV6_UNICAST_HOPS', 7)
  expect(getOption(c, 'IPV6_UNICAST_HOPS')).toBe(7)
  setOption(c, 'IPV6_TCLASS', 0x28)
  expect(getOption(c, 'IPV6_TCLASS')).toBe(0x28)
  expect(getOption(listener, 'IPV6_V6ONLY')).toBe(true)
  expect(getOption(listener, 'SO_ACCEPTCONN')).toBe(true)
  const u = listenUDPSync('udp4', null)
  setOption(u, 'IP_MULTICAST_TTL', 5)
  expect(getOption(u, 'IP_MULTICAST_TTL')).toBe(5)
  setOption(u, 'IP_MULTICAST_LOOP', 0)
  expect(getOption(u, 'IP_MULTICAST_LOOP')).toBe(0)
  expect(getOption(u, 'SO_BROADCAST')).toBe(true)
  for (const x of [listener, c, u]) await x.close()
})

test('getOption() of SO_ERROR takes the error that a socket has in store', async () => {
  const pair = await Connected.dial()
  pair.s.setLinger(0)
  await pair.s.close()
  const ECONNRESET = 104
  await expect.poll(() => getOption(pair.c, 'SO_ERROR')).toBe(ECONNRESET)
  expect(getOption(pair.c, 'SO_ERROR')).toBe(0)
  await pair.c.close()
})

describe('setOption() in control', () => {
  test('sets what must be set before bind or connect', async () => {
    const before: boolean[] = []
    const listener = listenTCPSync('tcp', null, {
      control: (_network, _address, raw) => {
        before.push(getOption(raw, 'IPV6_V6ONLY'))
        setOption(raw, 'IPV6_V6ONLY', true)
        setOption(raw, 'TCP_DEFER_ACCEPT', 1)
        setOption(raw, 'TCP_SAVE_SYN', true)
      },
    })
    expect(before).toEqual([false])
    expect(getOption(listener, 'IPV6_V6ONLY')).toBe(true)
    const { port } = listener.addr
    const v4 = new TCPAddr(parseIP('127.0.0.1'), port)
    await expect(posix().dialTCP('tcp', null, v4)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const accepted = listener.accept()
    const c = await posix().dialTCP('tcp', null, new TCPAddr(parseIP('::1'), port), {
      control: (_network, _address, raw) => {
        setOption(raw, 'TCP_SYNCNT', 2)
        setOption(raw, 'TCP_MAXSEG', 700)
      },
    })
    expect(getOption(c, 'TCP_SYNCNT')).toBe(2)
    await c.write(Uint8Array.of(1))
    const s = await accepted
    // The peer's first segment: an IPv6 header, a TCP header of which the option says 700.
    const syn = getOption(s, 'TCP_SAVED_SYN')
    expect(syn[0] ?? 0).toBe(0x60)
    expect([...syn.subarray(60, 64)]).toEqual([2, 4, 700 >> 8, 700 & 0xff])
    for (const x of [listener, c, s]) await x.close()
  })

  test('IP_FREEBIND binds to an address that the machine does not have', async () => {
    const foreign = new TCPAddr(parseIP('192.0.2.77'), 0)
    expect(() => listenTCPSync('tcp', foreign)).toThrow(/bind: cannot assign requested address$/)
    const control = (_n: string, _a: string, raw: RawConn): void => {
      setOption(raw, 'IP_FREEBIND', true)
    }
    const listener = listenTCPSync('tcp', foreign, { control })
    expect(listener.addr.ip?.equal(foreign.ip ?? IP.from([0, 0, 0, 0]))).toBe(true)
    await listener.close()
  })

  test('what it throws is the error of the call', () => {
    const control = (_n: string, _a: string, raw: RawConn): void => {
      setOption(raw, 'TCP_CONGESTION', 'no such algorithm')
    }
    expect(() => listenTCPSync('tcp', loopback, { control })).toThrow(
      /^listen tcp 127.0.0.1:0: set tcp 0.0.0.0:0: setsockopt: no such file or directory$/,
    )
  })
})

// What the kernel asks a privilege for: a test says which, or that it went.
function privileged(set: () => void): string {
  try {
    set()
    return 'done'
  } catch (e) {
    return (e as OpError).code ?? ''
  }
}

test('options that need a privilege are set with it and refused with EPERM without', async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  const root = process.geteuid?.() === 0
  const want = root ? 'done' : 'EPERM'
  expect(privileged(() => setOption(c, 'SO_MARK', 0x80000001))).toBe(want)
  expect(privileged(() => setOption(c, 'IP_TRANSPARENT', true))).toBe(want)
  expect(privileged(() => setOption(c, 'SO_RCVBUFFORCE', 65536))).toBe(want)
  if (!root) return
  expect(getOption(c, 'SO_MARK')).toBe(0x80000001)
  expect(getOption(c, 'IP_TRANSPARENT')).toBe(true)
  expect(getOption(c, 'SO_RCVBUF')).toBe(131_072)
})

describe('an option that cannot be set', () => {
  test('because the kernel lacks it names option and kernel', async () => {
    await using pair = await Connected.dial()
    const { c } = pair
    const name = c.localAddr.toString()
    const e = thrown(() => {
      setOption(c, 'TCP_NOPUSH', true)
    })
    expect(e).toBeInstanceOf(OpError)
    expect(e).toMatchObject({
      message: `set tcp ${name}: TCP_NOPUSH not supported by linux`,
      code: 'ENOTSUP',
    })
    expect(() => getOption(c, 'IP_RECVDSTADDR')).toThrow(
      `get tcp ${name}: IP_RECVDSTADDR not supported by linux`,
    )
    expect(() => getOption(c, 'TCP_OTHER' as OptionName)).toThrow(TypeError)
    expect(() => getOption(c, 'constructor' as OptionName)).toThrow(TypeError)
  })

  test('because the value is out of range gives the kernel’s error, and the connection goes on', async () => {
    await using pair = await Connected.dial()
    const { c, s } = pair
    const refused: [SettableOptionName, number | string, string][] = [
      ['IP_TTL', 256, 'EINVAL'],
      ['IP_TTL', -5, 'EINVAL'],
      ['IP_TTL', 2 ** 40, 'EINVAL'], // what no int can hold does not get to the kernel
      ['IP_TTL', 1.5, 'EINVAL'],
      ['TCP_KEEPIDLE', 0, 'EINVAL'],
      ['TCP_KEEPIDLE', 40_000, 'EINVAL'],
      ['TCP_KEEPCNT', 128, 'EINVAL'],
      ['TCP_USER_TIMEOUT', 2 ** 31, 'EINVAL'],
      ['TCP_USER_TIMEOUT', -1, 'EINVAL'],
      ['TCP_MAXSEG', 1, 'EINVAL'],
      ['SO_PEEK_OFF', NaN, 'EINVAL'],
      ['TCP_CONGESTION', 'none such', 'ENOENT'],
      ['TCP_CONGESTION', 'r\0no', 'EINVAL'],
      ['TCP_CONGESTION', 'x'.repeat(300), 'EINVAL'],
      ['SO_BINDTODEVICE', 'no-such-if', 'ENODEV'],
      ['TCP_ULP', 'none such', 'ENOENT'],
    ]
    for (const [name, value, code] of refused) {
      const e = thrown(() => {
        setOption(c, name, value as never)
      })
      expect([name, value, (e as OpError).code, (e as OpError).syscall]).toEqual([
        name,
        value,
        code,
        'setsockopt',
      ])
      expect((e as OpError).message).toMatch(/^set tcp 127\.0\.0\.1:\d+: setsockopt: [a-z ]+$/)
    }
    expect(() => {
      setOption(c, 'SO_LINGER', { on: true, seconds: -1 })
    }).toThrow(/invalid argument$/)
    await c.write(Uint8Array.of(1))
    expect(await s.read(new Uint8Array(4))).toBe(1)
  })

  test('because it is of a wrong kind is a TypeError', async () => {
    await using pair = await Connected.dial()
    const set = setOption as (c: unknown, name: string, value: unknown) => void
    for (const [name, value] of [
      ['IP_TTL', '9'],
      ['TCP_NODELAY', 1],
      ['TCP_CONGESTION', 3],
      ['SO_LINGER', 5],
      ['SO_LINGER', { on: 1, seconds: 3 }],
      ['IP_OPTIONS', 'text'],
      ['SO_MAX_PACING_RATE', null],
    ] as const) {
      expect(() => {
        set(pair.c, name, value)
      }).toThrow(TypeError)
    }
  })

  test('because it is of another kind of socket, or the socket is closed, tells that', async () => {
    const u = listenUDPSync('udp4', null)
    const e = thrown(() => {
      setOption(u, 'TCP_NODELAY', true)
    })
    expect((e as OpError).code).toBe('ENOPROTOOPT')
    await u.close()
    expect(() => {
      setOption(u, 'SO_BROADCAST', true)
    }).toThrow(/^set udp4 0\.0\.0\.0:\d+: use of closed network connection$/)
  })

  test('because it can only be read, is no argument of setOption() by its type, and refused by the kernel', async () => {
    await using pair = await Connected.dial()
    const e = thrown(() => {
      // @ts-expect-error SO_TYPE cannot be set.
      setOption(pair.c, 'SO_TYPE', 2)
    })
    expect((e as OpError).code).toBe('ENOPROTOOPT')
    // @ts-expect-error The value is a string.
    const n: number = getOption(pair.c, 'TCP_CONGESTION')
    expect(typeof n).toBe('string')
    expect(() => {
      // @ts-expect-error The value is a boolean.
      setOption(pair.c, 'TCP_NODELAY', 'on')
    }).toThrow(TypeError)
  })
})

test.skipIf(noPython !== '')(`Python reads from a socket what setOption() set ${noPython}`, async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  setOption(c, 'TCP_USER_TIMEOUT', 12_345)
  setOption(c, 'TCP_CONGESTION', 'reno')
  setOption(c, 'SO_LINGER', { on: true, seconds: 7 })
  setOption(c, 'TCP_NODELAY', false)
  setOption(c, 'IP_TOS', 0x10)
  setOption(c, 'SO_RCVTIMEO', 2500)
  setOption(c, 'SO_MAX_PACING_RATE', 4_000_000_000)
  const file = await c.file()
  const peer = python(
    `
import socket, struct
s = socket.socket(fileno=3)
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b'\\0').decode())
print(*struct.unpack('ii', s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)))
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
print(s.getsockopt(socket.IPPROTO_IP, socket.IP_TOS))
print(*struct.unpack('ll', s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)))
print(*struct.unpack('I', s.getsockopt(socket.SOL_SOCKET, 47, 4)))`,
    [],
    [file.fd],
  )
  const lines: string[] = []
  for (let i = 0; i < 7; i++) lines.push(await peer.line())
  expect(lines).toEqual(['12345', 'reno', '1 7', '0', '16', '2 500000', '4000000000'])
  expect(await peer.ended()).toBe(0)
  await file.close()
  setOption(c, 'SO_LINGER', { on: false, seconds: 0 })
})

test.skipIf(noPython !== '')(
  `urgent data of a Python peer is passed over, and read with SO_OOBINLINE ${noPython}`,
  async () => {
    const listener = listenTCPSync('tcp', loopback)
    const program = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.send(b'ab'); s.send(b'!', socket.MSG_OOB); s.send(b'cd')
s.close()`
    for (const inline of [false, true]) {
      const peer = python(program, [String(listener.addr.port)])
      const c = await listener.accept()
      setOption(c, 'SO_OOBINLINE', inline)
      expect(await peer.ended()).toBe(0)
      expect((await readAll(c)).toString()).toBe(inline ? 'ab!cd' : 'abcd')
      await c.close()
    }
    await listener.close()
  },
)
