import { IP, UDPAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { UDPHeader, udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cat, clone, failure, loopback, nets, portOf, read, readBytes, target, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await target.listenUDP('udp4', new UDPAddr(loopback, 0))).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const none = IP.from(new Uint8Array(16))

function packet(to: IP, rport: number, text: string): Uint8Array {
  const header = new UDPHeader({ raddr: to, laddr: none, ifcaddr: none, rport, lport: 0 })
  return new Uint8Array([...header.marshal(), ...Buffer.from(text)])
}

describe.each(nets)('udp %s', (_name, make) => {
  test('a datagram that is too long is told in the same words however it is sent, and the next one goes', async () => {
    await using net = await make()
    const announced = await clone(net, 'udp')
    await write(announced.ctl, 'announce 0')
    const port = await portOf(net, announced.dir)
    const connected = await clone(net, 'udp')
    await write(connected.ctl, `connect 127.0.0.1!${port}`)
    const near = await net.open(`${connected.dir}/data`)
    await write(near, 'call')
    const far = await net.open(`udp/${await read(await net.open(`${announced.dir}/listen`))}/data`)
    expect(await read(far)).toBe('call')
    const headers = await clone(net, 'udp')
    await write(headers.ctl, 'announce 127.0.0.1!0')
    await write(headers.ctl, 'headers')
    const any = await net.open(`${headers.dir}/data`)
    const longest = 65_507 // bytes that IPv4 has room for
    const ways: [how: string, send: (text: string) => Promise<number>][] = [
      ['connect', (text) => write(near, text)],
      ['a call', (text) => write(far, text)],
      ['announce', (text) => any.write(packet(loopback, port, text))],
    ]
    for (const [how, send] of ways) {
      for (const size of [longest + 1, 100_000])
        expect(await failure(send('x'.repeat(size))), how).toBe('message too long')
      expect(await send('x'), how).toBeGreaterThan(0)
    }
    expect([await read(near), await read(far)]).toEqual(['x', 'x'])
  })

  test('connect and headers are as in trace K10', async () => {
    await using net = await make()
    const a = await clone(net, 'udp')
    await write(a.ctl, 'announce 127.0.0.1!0')
    expect(await write(a.ctl, 'headers')).toBe(7)
    expect(await cat(net, `${a.dir}/status`)).toBe('Open qin 0 qout 0\n')
    expect(await cat(net, `${a.dir}/remote`)).toBe('::!0\n')
    const port = await portOf(net, a.dir)
    const b = await clone(net, 'udp')
    expect(await cat(net, `${b.dir}/local`)).toBe('::!0\n')
    await write(b.ctl, `connect 127.0.0.1!${port}`)
    expect(await cat(net, `${b.dir}/remote`)).toBe(`127.0.0.1!${port}\n`)
    const back = await portOf(net, b.dir)
    const [data, peer] = [await net.open(`${a.dir}/data`), await net.open(`${b.dir}/data`)]
    await write(peer, 'ping')
    const got = await readBytes(data)
    const { header, payload } = unmarshalUDPHeader(got)
    expect(Buffer.from(payload).toString()).toBe('ping')
    expect(
      header.raddr.equal(loopback) && header.laddr.equal(loopback) && header.ifcaddr.equal(loopback),
    ).toBe(true)
    expect([header.rport, header.lport]).toEqual([back, port])
    expect(Buffer.from(got.subarray(0, 16)).toString('hex')).toBe('00000000000000000000ffff7f000001')
    // The same header with another payload is the answer; what does not fit the count is lost.
    expect(
      await data.write(new Uint8Array([...got.subarray(0, udpHeaderSize), ...Buffer.from('pong')])),
    ).toBe(56)
    expect(await read(peer)).toBe('pong')
    await data.write(packet(loopback, back, '0123456789'))
    expect(await read(peer, 4)).toBe('0123')
    await data.write(packet(loopback, back, 'next'))
    expect(await read(peer)).toBe('next')
    await write(peer, 'ab')
    expect((await readBytes(data, 53)).subarray(52)).toEqual(new Uint8Array([97]))
    await write(peer, 'cd')
    expect(await readBytes(data, 20)).toEqual(got.slice(0, 20))
    expect(await write(data, 'short')).toBe(5)
    expect(await peer.write(new Uint8Array(0))).toBe(0)
    expect(await readBytes(data)).toHaveLength(52)
    expect(await failure(write(a.ctl, 'hangup'))).toBe('unknown control request')
    expect(await failure(write(a.ctl, 'oldheaders'))).toBe('unknown control request')
  })

  test('a datagram that is longer than datagrams are is refused in words that programs know', async () => {
    await using net = await make()
    const a = await clone(net, 'udp')
    await write(a.ctl, 'announce 127.0.0.1!0')
    const b = await clone(net, 'udp')
    await write(b.ctl, `connect 127.0.0.1!${await portOf(net, a.dir)}`)
    const data = await net.open(`${b.dir}/data`)
    expect(await failure(data.write(new Uint8Array(65_508)))).toBe('message too long')
    expect(await data.write(new Uint8Array(8))).toBe(8)
  })

  test('headers on every address tell the address of this machine that a loopback peer wrote to', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'headers')
    await write(ctl, 'announce *!0')
    expect(await cat(net, `${dir}/local`)).toMatch(/^::!\d+\n$/)
    const port = await portOf(net, dir)
    const data = await net.open(`${dir}/data`)
    const peer = await target.dialUDP('udp', null, new UDPAddr(loopback, port))
    await peer.write(Buffer.from('x'))
    const { header } = unmarshalUDPHeader(await readBytes(data))
    expect(header.raddr.equal(loopback) && header.laddr.equal(loopback)).toBe(true)
    await data.write(packet(header.raddr, header.rport, 'y'))
    const p = new Uint8Array(10)
    expect(await peer.read(p)).toBe(1)
    await peer.close()
  })

  test('announce without headers makes a conversation of each sender, as in trace K11', async () => {
    await using net = await make()
    const a = await clone(net, 'udp')
    await write(a.ctl, 'announce 127.0.0.1!0')
    const port = await portOf(net, a.dir)
    const b = await clone(net, 'udp')
    await write(b.ctl, `connect 127.0.0.1!${port}`)
    const near = await net.open(`${b.dir}/data`)
    await write(near, 'one')
    const called = await net.open(`${a.dir}/listen`)
    const n = await read(called)
    expect(n).toBe('2')
    expect(await cat(net, `udp/${n}/status`)).toBe('Open qin 3 qout 0\n')
    expect(await cat(net, `udp/${n}/local`)).toBe(`127.0.0.1!${port}\n`)
    expect(await cat(net, `udp/${n}/remote`)).toBe(await cat(net, `${b.dir}/local`))
    const far = await net.open(`udp/${n}/data`)
    expect(await read(far)).toBe('one')
    await write(far, 'two')
    expect(await read(near)).toBe('two')
    await write(near, 'three')
    expect(await read(far)).toBe('three')
    const own = await net.open(`${a.dir}/data`)
    expect(await write(own, 'no dest')).toBe(7)
    // The sender's conversation goes on without the announcement.
    await own.close()
    await a.ctl.close()
    await write(near, 'four')
    expect(await read(far)).toBe('four')
  })

  test('data of an announced conversation without headers gives nothing, as in trace X2', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'announce 127.0.0.1!0')
    const data = await net.open(`${dir}/data`)
    const peer = await target.dialUDP('udp', null, new UDPAddr(loopback, await portOf(net, dir)))
    await peer.write(Buffer.from('one'))
    const abort = new AbortController()
    const reading = read(data, 10, { signal: abort.signal })
    const called = await net.open(`${dir}/listen`)
    expect(await read(called)).toBe('1')
    abort.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await peer.close()
  })

  test('an open of listen can be flushed, and ends with the announcement', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    expect(await failure(net.open(`${dir}/listen`))).toBe('not announced')
    await write(ctl, 'announce 127.0.0.1!0')
    const abort = new AbortController()
    const opening = net.open(`${dir}/listen`, 'rw', { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
  })

  test('connect to a closed port makes reads fail for good, as in trace K12', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'connect 127.0.0.1!1')
    const data = await net.open(`${dir}/data`)
    const pending = failure(read(data))
    expect(await write(data, 'x')).toBe(1)
    expect(await write(data, 'y')).toBe(1)
    expect(await pending).toBe('port unreachable')
    expect(await failure(read(data))).toBe('port unreachable')
    expect(await read(await net.open(`${dir}/err`, 'r'))).toBe('port unreachable')
  })

  test('ignoreadvice keeps reading', async () => {
    await using net = await make()
    const peer = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
    const { port } = peer.localAddr
    await peer.close()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'ignoreadvice')
    await write(ctl, `connect 127.0.0.1!${port}`)
    const data = await net.open(`${dir}/data`)
    const reading = read(data)
    await write(data, 'x')
    const again = await target.listenUDP('udp4', new UDPAddr(loopback, port))
    await again.writeTo(Buffer.from('hello'), new UDPAddr(loopback, await portOf(net, dir)))
    expect(await reading).toBe('hello')
    await again.close()
  })

  test('addmulti joins a group on the interface of an address, remmulti leaves it', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    expect(await failure(write(ctl, 'addmulti'))).toBe('addmulti needs interface address')
    expect(await failure(write(ctl, 'addmulti 127.0.0.1'))).toBe('addmulti for a non multicast address')
    expect(await failure(write(ctl, 'addmulti 127.0.0.1 10.1.2.3'))).toBe(
      'addmulti for a non multicast address',
    )
    await write(ctl, 'headers')
    await write(ctl, 'addmulti 127.0.0.1 239.1.2.3')
    await write(ctl, 'announce *!0')
    const port = await portOf(net, dir)
    const data = await net.open(`${dir}/data`)
    const sender = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
    sender.setMulticastInterface('lo')
    const group = new UDPAddr(IP.from([239, 1, 2, 3]), port)
    await sender.writeTo(Buffer.from('all'), group)
    expect(Buffer.from(unmarshalUDPHeader(await readBytes(data)).payload).toString()).toBe('all')
    await write(ctl, 'remmulti 127.0.0.1 239.1.2.3')
    await sender.writeTo(Buffer.from('gone'), group)
    await sender.writeTo(Buffer.from('here'), new UDPAddr(loopback, port))
    expect(Buffer.from(unmarshalUDPHeader(await readBytes(data)).payload).toString()).toBe('here')
    await sender.close()
  })

  test('stats and status tell of datagrams', async () => {
    await using net = await make()
    const { ctl, dir } = await clone(net, 'udp')
    const peer = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
    await write(ctl, `connect 127.0.0.1!${peer.localAddr.port}`)
    const data = await net.open(`${dir}/data`)
    await write(data, 'x')
    await peer.writeTo(Buffer.from('y'), new UDPAddr(loopback, await portOf(net, dir)))
    expect(await read(data)).toBe('y')
    expect(await cat(net, 'udp/stats')).toBe('InDatagrams: 1\nNoPorts: 0\nInErrors: 0\nOutDatagrams: 1\n')
    await data.close()
    await ctl.close()
    expect(await cat(net, `${dir}/status`)).toBe('Closed qin 0 qout 0\n')
    await peer.close()
  })
})
