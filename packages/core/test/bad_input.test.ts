import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AddrError, UnixAddr, UnknownNetworkError } from '@net/addr'
import { DNSError, OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dial, dialTCP, dialUnix, listen, listenPacket, listenTCP, type Listener } from '../src/index.ts'
import { rejection } from './vectors.ts'

let dir: string
let busy: Listener
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-bad-input-'))
  busy = await listen('tcp', '127.0.0.1:0')
  // The first lookup starts the host's thread pool, which stays.
  await rejection(dial('tcp', 'no such:80'))
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await busy.close()
  await rm(dir, { recursive: true })
})

/** Asserts that a call rejects with an OpError of this text and with Node's code and system call. */
async function expectError(
  p: Promise<unknown>,
  message: string | RegExp,
  rest: Readonly<Record<string, unknown>> = {},
): Promise<OpError> {
  const e = await rejection(p)
  expect(e.message).toMatch(message instanceof RegExp ? message : new RegExp(`^${escape(message)}$`))
  expect(e).toMatchObject({ timeout: false, ...rest })
  if (!(e instanceof OpError))
    throw new Error('it rejected with something else than an OpError', { cause: e })
  return e
}

function escape(s: string): string {
  return s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

describe('a network nobody knows', () => {
  test.each(['', 'tcp5', 'TCP', 'http', 'unix4', 'tcp:80', 'ip'])('is refused: %j', async (network) => {
    const where = network === '' ? '' : ` ${network}`
    for (const [op, p] of [
      ['dial', dial(network, '127.0.0.1:80')],
      ['listen', listen(network, '127.0.0.1:80')],
      ['listen', listenPacket(network, '127.0.0.1:80')],
    ] as const) {
      const e = await expectError(p, `${op}${where}: unknown network ${network}`, { op, net: network })
      expect(e.cause).toBeInstanceOf(UnknownNetworkError)
      expect(e.code).toBeUndefined()
    }
  })

  test('is refused where it is known for something else', async () => {
    const udp = 'udp' as 'tcp'
    await expectError(dialTCP(udp, null, null), 'dial udp: unknown network udp')
    await expectError(listenTCP(udp, null), 'listen udp: unknown network udp')
    await expectError(listen('udp', ':0'), 'listen udp :0: address :0: unexpected address type')
    await expectError(
      listenPacket('tcp', '127.0.0.1:0'),
      'listen tcp 127.0.0.1:0: address 127.0.0.1:0: unexpected address type',
    )
    await expectError(
      listenPacket('unix', '/tmp/x'),
      'listen unix /tmp/x: address /tmp/x: unexpected address type',
    )
  })
})

describe('an address that is wrong', () => {
  test.each([
    ['127.0.0.1', 'address 127.0.0.1: missing port in address'],
    ['::1', 'address ::1: too many colons in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['127.0.0.1:65536', 'address 65536: invalid port'],
    ['127.0.0.1:-1', 'address -1: invalid port'],
    ['127.0.0.1:99999999999999999999', 'address 99999999999999999999: invalid port'],
    ['127.0.0.1:nosuchservice', 'lookup tcp/nosuchservice: unknown port'],
  ])('is refused: %j', async (address, err) => {
    const e = await expectError(dial('tcp', address), `dial tcp: ${err}`, { source: null, addr: null })
    expect(e.cause instanceof AddrError || e.cause instanceof DNSError).toBe(true)
    await expectError(listen('tcp', address), `listen tcp: ${err}`)
  })

  test('is refused when there is none', async () => {
    for (const network of ['tcp', 'udp', 'unix']) {
      await expectError(dial(network, ''), `dial ${network}: missing address`)
    }
    await expectError(dialTCP('tcp', null, null), 'dial tcp: missing address')
    await expectError(dialUnix('unix', null, null), 'dial unix: missing address')
  })

  test('is refused when it is of the other family', async () => {
    await expectError(dial('tcp6', '127.0.0.1:80'), 'dial tcp6: address 127.0.0.1: no suitable address found')
    await expectError(listenPacket('udp4', '[::1]:0'), 'listen udp4: address ::1: no suitable address found')
  })
})

test('what is not text, a signal or a moment is a TypeError', async () => {
  const wrong = 80 as unknown as string
  for (const p of [
    dial('tcp', wrong),
    dial(wrong, ':80'),
    listen('tcp', wrong),
    listenPacket(wrong, ':80'),
    dial('tcp', '127.0.0.1:1', { timeout: 'soon' as unknown as number }),
    dial('tcp', '127.0.0.1:1', { deadline: new Date(NaN) }),
    dial('tcp', '127.0.0.1:1', { localAddr: '127.0.0.1' as unknown as UnixAddr }),
  ]) {
    expect(await rejection(p)).toBeInstanceOf(TypeError)
  }
})

test('a name that does not exist is not found', async () => {
  for (const network of ['tcp', 'udp']) {
    const e = await expectError(dial(network, 'no such:80'), `dial ${network}: lookup no such: no such host`)
    expect(e.cause).toBeInstanceOf(DNSError)
    expect(e.cause).toMatchObject({ isNotFound: true })
  }
})

describe('a peer that cannot be reached', () => {
  test('refuses', async () => {
    await expectError(dial('tcp', '127.0.0.1:1'), 'dial tcp 127.0.0.1:1: connect: connection refused', {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      errno: -111,
    })
  })

  test('has no socket there', async () => {
    const path = join(dir, 'nobody')
    await expectError(dial('unix', path), `dial unix ${path}: connect: no such file or directory`, {
      code: 'ENOENT',
      syscall: 'connect',
    })
  })

  test('is in a network without a way to it', async () => {
    // Every host of the loopback network at once, which TCP does not go to.
    const to = '127.255.255.255:9'
    await expectError(dial('tcp', to), `dial tcp ${to}: connect: network is unreachable`, {
      code: 'ENETUNREACH',
      syscall: 'connect',
      errno: -101,
    })
  })
})

describe('a Unix path', () => {
  test('of 108 bytes is too long, of 107 is not', async () => {
    const long = join(dir, 'x'.repeat(108 - dir.length - 1))
    expect(long).toHaveLength(108)
    await expectError(listen('unix', long), `listen unix ${long}: bind: invalid argument`, {
      code: 'EINVAL',
      syscall: 'bind',
    })
    await expectError(dial('unix', long), `dial unix ${long}: connect: invalid argument`, { code: 'EINVAL' })
    const fits = await listen('unix', long.slice(0, 107))
    await fits.close()
  })

  test('without a directory has nothing to be in', async () => {
    const path = join(dir, 'none', 'sock')
    await expectError(listen('unix', path), `listen unix ${path}: bind: no such file or directory`, {
      code: 'ENOENT',
      syscall: 'bind',
    })
  })
})

describe('an address in use', () => {
  test('is refused to a second listener', async () => {
    const to = busy.addr.toString()
    await expectError(listen('tcp', to), `listen tcp ${to}: bind: address already in use`, {
      code: 'EADDRINUSE',
      syscall: 'bind',
      errno: -98,
    })
  })

  test('is refused to a second packet connection', async () => {
    await using first = await listenPacket('udp', '127.0.0.1:0')
    const to = first.localAddr.toString()
    await expectError(listenPacket('udp', to), `listen udp ${to}: bind: address already in use`, {
      code: 'EADDRINUSE',
    })
  })

  test('is refused to a second Unix listener', async () => {
    const path = join(dir, 'twice')
    await using first = await listen('unix', path)
    expect(first.addr.toString()).toBe(path)
    await expectError(listen('unix', path), `listen unix ${path}: bind: address already in use`, {
      code: 'EADDRINUSE',
    })
  })

  test("is refused when it is another host's", async () => {
    await expectError(
      listen('tcp', '192.0.2.1:0'),
      'listen tcp 192.0.2.1:0: bind: cannot assign requested address',
      { code: 'EADDRNOTAVAIL', syscall: 'bind' },
    )
  })
})

test('a user without permission is told so', async () => {
  const shut = join(dir, 'shut')
  await using listener = await listen('unix', shut)
  await chmod(shut, 0o600)
  expect(listener.addr.toString()).toBe(shut)
  await chmod(dir, 0o755)
  const script = fileURLToPath(new URL('permission.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script, shut, dir])
  const denied = { code: 'EACCES', errno: -13, timeout: false }
  expect(JSON.parse(stdout)).toEqual([
    { ...denied, message: 'listen tcp 127.0.0.1:1: bind: permission denied', syscall: 'bind' },
    { ...denied, message: `dial unix ${shut}: connect: permission denied`, syscall: 'connect' },
    { ...denied, message: `listen unix ${dir}/mine: bind: permission denied`, syscall: 'bind' },
  ])
})
