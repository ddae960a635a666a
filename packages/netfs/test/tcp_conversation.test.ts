import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cat, clone, echo, embedded, failure, loopback, nets, portOf, read, target, write } from './nets.ts'
import { TCPAddr } from '@net/addr'

let check: () => Promise<void>
beforeAll(async () => {
  // The target keeps its poller for the life of the process.
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const ZERO_THEN_HUNGUP = ['', '', '', 'i/o on hungup channel', 'i/o on hungup channel']

async function reads(file: Parameters<typeof read>[0], times: number): Promise<string[]> {
  const seen: string[] = []
  for (let i = 0; i < times; i++) {
    seen.push(await read(file).catch((e: unknown) => (e instanceof Error ? e.message : String(e))))
  }
  return seen
}

describe.each(nets)('tcp %s', (_name, make) => {
  test('connect, data, local, remote and status are as in trace K3', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, n, dir } = await clone(net, 'tcp')
    expect(n).toBe('0')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed qin 0 qout 0.*\n$/)
    expect(await cat(net, `${dir}/local`)).toBe('::!0\n')
    expect(await cat(net, `${dir}/remote`)).toBe('::!0\n')
    expect(await failure(net.open(`${dir}/listen`))).toBe('not announced')
    expect(await read(ctl)).toBe('')
    ctl.rewind()
    expect(await read(ctl)).toBe('0')
    const message = `connect 127.0.0.1!${peer.port}`
    expect(await write(ctl, message)).toBe(message.length)
    expect(await cat(net, `${dir}/status`)).toMatch(/^Established qin 0 qout 0/)
    expect(await cat(net, `${dir}/local`)).toMatch(/^127\.0\.0\.1!\d+\n$/)
    expect(await cat(net, `${dir}/remote`)).toBe(`127.0.0.1!${peer.port}\n`)
    const data = await net.open(`${dir}/data`)
    expect(await write(data, 'hello')).toBe(5)
    expect(await read(data)).toBe('echo:hello')
    expect(await write(data, '0123456789')).toBe(10)
    expect(await read(data, 4)).toBe('echo')
    expect(await read(data, 100)).toBe(':0123456789')
  })

  test('ctl answers each message as trace K3 does', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const errors: [string, string][] = [
      [`connect 127.0.0.1!${peer.port}`, 'connection in use'],
      ['announce 7009', 'connection in use'],
      ['bogus 1', 'unknown control request'],
      ['', 'short control request'],
      [' \n', 'short control request'],
      ['nodelay', 'unknown control request'],
      ['headers', 'unknown control request'],
      ['addmulti', 'addmulti needs interface address'],
      ['close', 'unknown control request'],
      ['accept 14', 'unknown control request'],
      ['reject 14 nope', 'unknown control request'],
    ]
    for (const [message, words] of errors)
      expect([message, await failure(write(ctl, message))]).toEqual([message, words])
    const good = [
      'keepalive',
      'keepalive 5000',
      'tos 4',
      'ttl 9',
      'checksum 1',
      'tcpporthogdefense off',
      'ignoreadvice',
    ]
    for (const message of [...good, 'ttl 3\ntos 4\n', 'ttl "3"', 'ttl 3\0', ' ttl', "ttl '3'"]) {
      expect([message, await write(ctl, message)]).toEqual([message, message.length])
    }
  })

  test('connect fails in the words of trace K6, and spends the conversation', async () => {
    await using net = await make()
    const errors: [string, string][] = [
      ['connect 127.0.0.1!1', 'connection refused'],
      ['connect 127.0.0.1', 'malformed address'],
      ['connect', 'bad args to connect'],
      ['connect 127.0.0.1!1 2 3', 'bad args to connect'],
      ['connect foo!7', 'bad ip address syntax'],
      ['connect 127.0.0.1!echo', 'bad numeric port'],
      ['connect 127.0.0.1!65536', 'bad numeric port'],
      ['connect 127.0.0.1!0', 'connection refused'],
    ]
    for (const [message, words] of errors) {
      const { ctl, dir } = await clone(net, 'tcp')
      expect([message, await failure(write(ctl, message))]).toEqual([message, words])
      expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
      expect(await failure(write(ctl, 'connect x'))).toBe('connection in use')
      await ctl.close()
    }
  })

  test('data of a connection that was refused fails with Hangup, as in trace X1', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await failure(write(ctl, 'connect 127.0.0.1!0'))
    const data = await net.open(`${dir}/data`)
    expect(await reads(data, 3)).toEqual(['Hangup', 'Hangup', 'Hangup'])
    expect(await failure(write(data, 'x'))).toBe('Hangup')
  })

  test('connect takes quoted words, blanks, a newline, and a port of this end', async () => {
    await using peer = await echo()
    await using net = await make()
    const free = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
    const local = free.addr.port
    await free.close()
    for (const message of [`connect '127.0.0.1!${peer.port}'`, ` connect 127.1!${peer.port}\n`]) {
      const { ctl, dir } = await clone(net, 'tcp')
      await write(ctl, message)
      expect(await cat(net, `${dir}/remote`)).toBe(`127.0.0.1!${peer.port}\n`)
    }
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port} ${local}`)
    expect(await cat(net, `${dir}/local`)).toBe(`127.0.0.1!${local}\n`)
  })

  // Only the superuser has such ports.
  test.skipIf(process.getuid?.() !== 0)(
    'connect with !r uses a port from 600 to 1023, as in trace K6',
    async () => {
      await using peer = await echo()
      await using net = await make()
      const ports: number[] = []
      for (let i = 0; i < 2; i++) {
        const { ctl, dir } = await clone(net, 'tcp')
        await write(ctl, `connect 127.0.0.1!${peer.port}!r`)
        ports.push(await portOf(net, dir))
      }
      for (const port of ports) expect(port >= 600 && port <= 1023).toBe(true)
      expect(ports[0]).not.toBe(ports[1])
    },
  )

  test('data gives 0 three times at the end, then fails, as in trace K4', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const data = await net.open(`${dir}/data`)
    await write(data, 'quit')
    expect(await reads(data, 5)).toEqual(ZERO_THEN_HUNGUP)
    expect(await cat(net, `${dir}/status`)).toMatch(/^Close_wait /)
    expect(await write(data, 'after close')).toBe(11)
    // The answer to it, a reset, takes its time; then writing fails for good, and reading too.
    let words = ''
    while (words === '')
      words = await write(data, 'more').then(
        () => '',
        (e: unknown) => (e as Error).message,
      )
    expect(words).toBe('Hangup')
    expect(await reads(data, 2)).toEqual(['Hangup', 'Hangup'])
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    expect(await cat(net, `${dir}/remote`)).toBe(`127.0.0.1!${peer.port}\n`)
  })

  test('hangup resets the connection and ends reads, as in trace K5', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const data = await net.open(`${dir}/data`)
    await write(data, 'x')
    expect(await read(data)).toBe('echo:x')
    const pending = read(data)
    expect(await write(ctl, 'hangup')).toBe(6)
    expect(await pending).toBe('')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    expect(await reads(data, 4)).toEqual(ZERO_THEN_HUNGUP.slice(1))
    expect(await failure(write(data, 'y'))).toBe('i/o on hungup channel')
    expect(await write(ctl, 'hangup')).toBe(6)
    expect(await failure(write(ctl, `connect 127.0.0.1!${peer.port}`))).toBe('connection in use')
  })

  test('announce, listen and the call are as in trace K8', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Listen /)
    expect(await cat(net, `${dir}/remote`)).toBe('::!0\n')
    const port = await portOf(net, dir)
    expect(await failure(write(ctl, 'announce 7112'))).toBe('connection in use')
    const opening = net.open(`${dir}/listen`)
    const caller = await clone(net, 'tcp')
    await write(caller.ctl, `connect 127.0.0.1!${port}`)
    const called = await opening
    const m = await read(called)
    expect(m).toBe('2')
    expect(await cat(net, `tcp/${m}/local`)).toBe(`127.0.0.1!${port}\n`)
    expect(await cat(net, `tcp/${m}/remote`)).toBe(await cat(net, `${caller.dir}/local`))
    expect(await failure(write(called, `accept ${m}`))).toBe('unknown control request')
    const [near, far] = [await net.open(`${caller.dir}/data`), await net.open(`tcp/${m}/data`)]
    await write(near, 'from peer')
    expect(await read(far)).toBe('from peer')
    await write(far, 'reply')
    expect(await read(near)).toBe('reply')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Listen /)
  })

  test('an open of listen can be flushed, and fails when the announcement is hung up', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const abort = new AbortController()
    const flushed = net.open(`${dir}/listen`, 'rw', { signal: abort.signal })
    const pending = net.open(`${dir}/listen`)
    const why = new Error('enough')
    abort.abort(why)
    await expect(flushed).rejects.toBe(why)
    await write(ctl, 'hangup')
    expect(await failure(pending)).toBe('listen hungup')
    expect(await failure(net.open(`${dir}/listen`))).toBe('listen hungup')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
  })

  test('an open of listen that waits keeps the conversation announced without its ctl', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const port = await portOf(net, dir)
    const opening = net.open(`${dir}/listen`)
    await cat(net, `${dir}/status`) // the open is under way when this is answered
    await ctl.close()
    expect(await cat(net, `${dir}/status`)).toMatch(/^Listen /)
    const conn = await target.dialTCP('tcp', null, new TCPAddr(loopback, port))
    expect(await read(await opening)).toBe('1')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    await conn.close()
  })

  test('writing to data of an announced conversation kills the announcement, as in trace K8b', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const data = await net.open(`${dir}/data`)
    expect(await write(data, 'z')).toBe(1)
    expect(await read(data)).toBe('')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    expect(await failure(net.open(`${dir}/listen`))).toBe('listen hungup')
  })

  test('announce takes the forms of trace K9 and fails in its words', async () => {
    await using net = await make()
    const good: [string, RegExp][] = [
      ['announce *!0', /^::![1-9]\d*\n$/],
      ['announce 0', /^::![1-9]\d*\n$/],
      ['announce 127.0.0.1!0', /^127\.0\.0\.1![1-9]\d*\n$/],
    ]
    for (const [message, local] of good) {
      const { ctl, dir } = await clone(net, 'tcp')
      await write(ctl, message)
      expect(await cat(net, `${dir}/local`)).toMatch(local)
      await ctl.close()
    }
    const held = await clone(net, 'tcp')
    await write(held.ctl, 'announce *!0')
    const port = await portOf(net, held.dir)
    const bad: [string, string][] = [
      ['announce ::!0', 'not a local IP address'],
      ['announce 192.0.2.9!7013', 'not a local IP address'],
      ['announce foo!1', 'bad ip address syntax'],
      ['announce', 'bad args to announce'],
      ['announce 1 2', 'bad args to announce'],
      ['announce tcp', 'bad numeric port'],
      ['announce *', 'permission denied'],
      [`announce ${port}`, 'address in use'],
    ]
    for (const [message, words] of bad) {
      const { ctl, dir } = await clone(net, 'tcp')
      expect([message, await failure(write(ctl, message))]).toEqual([message, words])
      expect(await cat(net, `${dir}/local`)).toBe('::!0\n')
      await ctl.close()
    }
  })

  test('bind sets local, and connect chooses another port, as in trace K9', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    expect(await failure(write(ctl, 'bind'))).toBe('bad args to bind')
    expect(await write(ctl, 'bind 7131')).toBe(9)
    expect(await cat(net, `${dir}/local`)).toBe('::!7131\n')
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    expect(await portOf(net, dir)).not.toBe(7131)
  })

  test('opens fail as in trace K7', async () => {
    await using net = await make()
    expect(await failure(net.open('nosuch'))).toBe('file does not exist')
    expect(await failure(net.open('tcp/999/ctl'))).toBe('file does not exist')
    expect(await failure(net.open('tcp/abc'))).toBe('file does not exist')
    expect(await failure(net.open('tcp', 'rw'))).toBe('permission denied')
    expect(await failure(net.open('tcp/stats', 'rw'))).toBe('permission denied')
    expect(await failure(net.open('ipselftab', 'rw'))).toBe('permission denied')
    expect(await read(await net.open('tcp/clone', 'r'))).toBe('0')
  })

  test('the lowest free number comes next, and a number once given stays visible', async () => {
    await using net = await make()
    const a = await clone(net, 'tcp')
    const b = await clone(net, 'tcp')
    const c = await clone(net, 'tcp')
    expect([a.n, b.n, c.n]).toEqual(['0', '1', '2'])
    await b.ctl.close()
    await a.ctl.close()
    expect(await cat(net, 'tcp/1/status')).toMatch(/^Closed /)
    expect((await clone(net, 'tcp')).n).toBe('0')
    expect((await clone(net, 'tcp')).n).toBe('1')
  })

  test('a conversation lives as long as ctl, data or err is open', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const data = await net.open(`${dir}/data`)
    const err = await net.open(`${dir}/err`, 'r')
    const status = await net.open(`${dir}/status`, 'r')
    await ctl.close()
    await write(data, 'x')
    expect(await read(data)).toBe('echo:x')
    await data.close()
    expect(await read(status)).toMatch(/^Established /)
    await err.close()
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    expect(await cat(net, `${dir}/remote`)).toBe(`127.0.0.1!${peer.port}\n`)
  })

  test('data and ctl of a closed conversation open, and are hung up, as in trace P6', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    await ctl.close()
    const data = await net.open(`${dir}/data`)
    expect(await read(data)).toBe('')
    expect(await failure(write(data, 'q'))).toBe('i/o on hungup channel')
    const again = await net.open(`${dir}/ctl`)
    expect(await read(again)).toBe('0')
    expect(await failure(write(again, `connect 127.0.0.1!${peer.port}`))).toBe('connection in use')
  })

  test('a read that waits can be flushed and loses nothing, as in trace K14', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const data = await net.open(`${dir}/data`)
    const abort = new AbortController()
    const pending = read(data, 100, { signal: abort.signal })
    const why = new Error('enough')
    abort.abort(why)
    await expect(pending).rejects.toBe(why)
    await write(data, 'after')
    expect(await read(data)).toBe('echo:after')
  })

  test('a connect that waits can be flushed, and ends with its session', async () => {
    // A listener whose queue is full leaves connects waiting.
    const full = await target.listenTCP('tcp4', new TCPAddr(loopback, 0), { backlog: 1 })
    const fillers: TCPConn[] = []
    const filling = new AbortController()
    let waits = false
    while (!waits) {
      const dialling = target.dialTCP('tcp4', null, full.addr, { signal: filling.signal })
      const first = await Promise.race([dialling, new Promise((resolve) => setTimeout(resolve, 200))])
      waits = first === undefined
      dialling.then(
        (conn) => fillers.push(conn),
        () => {},
      )
    }
    const net = await make()
    const { ctl, dir } = await clone(net, 'tcp')
    const abort = new AbortController()
    const message = `connect 127.0.0.1!${full.addr.port}`
    const connecting = write(ctl, message, { signal: abort.signal })
    expect(await cat(net, `${dir}/status`)).toMatch(/^Syn_sent /)
    const why = new Error('enough')
    abort.abort(why)
    await expect(connecting).rejects.toBe(why)
    expect(await cat(net, `${dir}/status`)).toMatch(/^Closed /)
    expect(await failure(write(ctl, message))).toBe('connection in use')
    const other = await clone(net, 'tcp')
    const pending = failure(write(other.ctl, message))
    await net[Symbol.asyncDispose]()
    expect(await pending).toMatch(/interrupted|clunked|session/)
    filling.abort()
    await Promise.all(fillers.map((conn) => conn.close()))
    await full.close()
  })

  test('a peer that reads nothing makes writes wait, and megabytes come through in order', async () => {
    await using net = await make()
    const listener = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
    const { ctl, dir } = await clone(net, 'tcp')
    const accepted = listener.accept()
    await write(ctl, `connect 127.0.0.1!${listener.addr.port}`)
    const peer = await accepted
    const data = await net.open(`${dir}/data`)
    const chunk = new Uint8Array(65536)
    let sent = 0
    let stop = false
    const writing = (async () => {
      while (!stop) {
        chunk.fill((sent / chunk.length) & 0xff)
        sent += await data.write(chunk)
      }
    })()
    // Reading keeps behind: what is under way is what the kernels hold, and no more.
    const p = new Uint8Array(chunk.length)
    let got = 0
    while (got < 32 << 20) {
      const n = await peer.read(p)
      if (n === null) throw new Error('the stream ended')
      for (let i = 0; i < n; i += 4096) expect(p[i]).toBe(Math.floor((got + i) / chunk.length) & 0xff)
      got += n
    }
    stop = true
    await peer.close()
    await writing.catch(() => {})
    await listener.close()
  })

  test('stats count what the session did', async () => {
    await using peer = await echo()
    await using net = await make()
    const { ctl } = await clone(net, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    expect(await cat(net, 'tcp/stats')).toBe(
      'MaxConn: 1024\nActiveOpens: 1\nPassiveOpens: 0\nEstabResets: 0\nCurrEstab: 1\n',
    )
    await ctl.close()
    expect(await cat(net, 'tcp/stats')).toMatch(/CurrEstab: 0\n/)
  })

  test('fids opened for the wrong thing are of inappropriate use', async () => {
    await using net = await make()
    const reader = await net.open('tcp/clone', 'r')
    expect(await failure(write(reader, 'ttl'))).toBe('inappropriate use of fd')
    const writer = await net.open('tcp/clone', 'w')
    expect(await failure(read(writer))).toBe('inappropriate use of fd')
  })
})

test('embeddedNet() gives each instance its own conversations', async () => {
  await using one = await embedded()
  await using two = await embedded()
  expect((await clone(one, 'tcp')).n).toBe('0')
  expect((await clone(one, 'tcp')).n).toBe('1')
  expect(await failure(two.open('tcp/0/ctl'))).toBe('file does not exist')
  expect((await clone(two, 'tcp')).n).toBe('0')
})

test('embeddedNet().close() ends what is pending and every conversation', async () => {
  await using peer = await echo()
  const net = await embedded()
  const { ctl, dir } = await clone(net, 'tcp')
  await write(ctl, `connect 127.0.0.1!${peer.port}`)
  const data = await net.open(`${dir}/data`)
  const announced = await clone(net, 'tcp')
  await write(announced.ctl, 'announce 127.0.0.1!0')
  const pending = [failure(read(data)), failure(net.open(`${announced.dir}/listen`))]
  await net[Symbol.asyncDispose]()
  expect(await pending[0]).toBe('interrupted')
  expect(await pending[1]).toBe('listen hungup')
  expect(await failure(read(data))).toBe('fd out of range or not open')
})
