import { ErrClosed, type Target } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted } from '@net/posix'
import { HostsFile } from '@net/resolve'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { embeddedNet } from '../src/index.ts'
import { cat, clone, echo, failure, read, target, write, type Net } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

function netOf(stack: Target): Net {
  const fs = embeddedNet(stack)
  return {
    fs,
    open: (path, mode = 'rw', options) => fs.open(path, mode, options),
    [Symbol.asyncDispose]: () => fs.close(),
  }
}

test("embeddedNet() serves the host's sockets as well", async () => {
  await using peer = await echo()
  await using net = netOf(hosted())
  const { ctl, dir } = await clone(net, 'tcp')
  await write(ctl, 'ttl 9')
  await write(ctl, 'keepalive 5000')
  await write(ctl, `connect 127.0.0.1!${peer.port}`)
  const data = await net.open(`${dir}/data`)
  await write(data, 'hello')
  expect(await read(data)).toBe('echo:hello')
  const announced = await clone(net, 'tcp')
  await write(announced.ctl, 'announce 127.0.0.1!0')
  const caller = await clone(net, 'tcp')
  await write(caller.ctl, `connect ${(await cat(net, `${announced.dir}/local`)).trim()}`)
  expect(await read(await net.open(`${announced.dir}/listen`))).toBe('3')
  const udp = await clone(net, 'udp')
  await write(udp.ctl, 'announce 127.0.0.1!0')
  const sender = await clone(net, 'udp')
  await write(sender.ctl, `connect ${(await cat(net, `${udp.dir}/local`)).trim()}`)
  await write(await net.open(`${sender.dir}/data`), 'one')
  const called = await net.open(`${udp.dir}/listen`)
  expect(await read(await net.open(`udp/${await read(called)}/data`))).toBe('one')
})

test('a target that tells no interfaces has none in ipifc', async () => {
  const refuse = (): Promise<never> => Promise.reject(new Error('refused'))
  await using net = netOf({ ...target, interfaces: refuse })
  expect(await failure(net.open('ipifc/0/status', 'r'))).toBe('file does not exist')
  expect(await cat(net, 'iproute')).toBe('')
  expect(await cat(net, 'ipselftab')).toBe('')
  expect(await cat(net, 'ndb')).toBe('')
})

test('what a target says of its own does not get out', async () => {
  const secret = (): Promise<never> => Promise.reject(new Error('/home/me/secret'))
  await using net = netOf({
    ...target,
    dialTCP: secret,
    listenTCP: secret,
    dialUDP: secret,
    lookupIP: secret,
  })
  for (const [proto, message] of [
    ['tcp', 'connect 127.0.0.1!9'],
    ['tcp', 'announce 0'],
    ['udp', 'connect 127.0.0.1!9'],
  ] as const) {
    expect(await failure(write((await clone(net, proto)).ctl, message))).toBe('i/o error')
  }
  expect(await failure(write(await net.open('cs'), 'tcp!a.test!80'))).toBe(
    'cs: temporary problem: dns: dns failure',
  )
  expect(await failure(write(await net.open('dns'), 'a.test ip'))).toBe('dns: dns failure')
})

test('a connection that comes after its conversation was closed is closed', async () => {
  await using peer = await echo()
  let go: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  const conns: Awaited<ReturnType<Target['dialTCP']>>[] = []
  // A target that does not heed the signal.
  const late: Target = {
    ...target,
    dialTCP: async (network, laddr, raddr) => {
      await gate
      const conn = await target.dialTCP(network, laddr, raddr)
      conns.push(conn)
      return conn
    },
  }
  await using net = netOf(late)
  const { ctl } = await clone(net, 'tcp')
  const connecting = failure(write(ctl, `connect 127.0.0.1!${peer.port}`))
  await ctl.close()
  const again = await clone(net, 'tcp')
  expect(again.n).toBe('0')
  go()
  expect(await connecting).toBe('interrupted')
  expect(await cat(net, `${again.dir}/status`)).toMatch(/^Closed/)
  await expect(conns[0]?.read(new Uint8Array(1))).rejects.toMatchObject({ cause: ErrClosed })
})

test('queries beyond the limit wait for those that are looked up', async () => {
  let inside = 0
  let most = 0
  const slow: Target = {
    ...target,
    lookupIP: async (network, host, options) => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
      return target.lookupIP(network, host, options)
    },
  }
  await using net = embeddedNet(slow, { limits: { lookups: 2 } })
  const files = await Promise.all(Array.from({ length: 10 }, () => net.open('cs', 'rw')))
  await Promise.all(files.map((file) => write(file, 'tcp!localhost!80')))
  expect(most).toBe(2)
  await Promise.all(files.map((file) => file.close()))
})

// What the target refuses is asked of the system's files and DNS servers; this one is in the hosts file.
test.skipIf(new HostsFile().get().lookupAddr('127.0.0.1') === null)(
  'a lookup that the target refuses is made all the same',
  async () => {
    const refusal = Object.assign(new Error('operation not supported'), { code: 'ENOTSUP' })
    await using net = netOf({ ...target, lookupAddr: () => Promise.reject(refusal) })
    const dns = await net.open('dns')
    await write(dns, '1.0.0.127.in-addr.arpa ptr')
    dns.rewind()
    expect(await read(dns)).toMatch(/^1\.0\.0\.127\.in-addr\.arpa ptr\t\S+$/)
  },
)
