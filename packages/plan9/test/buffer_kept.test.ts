import { expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { embeddedNet } from '@net/netfs'
import { posix } from '@net/posix'
import { plan9 } from '../src/index.ts'
import { exported } from './exported.ts'

const gone = new TypeError('the buffer was transferred or made smaller while its operation was pending')
const kernel = posix()
const loopback = parseIP('127.0.0.1')
const target = plan9({ net: embeddedNet(kernel) })

function transfer(p: Uint8Array<ArrayBuffer>): void {
  structuredClone(p.buffer, { transfer: [p.buffer] })
}

test('writeBatch() whose message loses its buffer between two segments fails, and says how many messages went', async () => {
  await using a = await target.listenUDP('udp', new UDPAddr(loopback, 0))
  const addr = a.localAddr
  const lost = new Uint8Array(2000)
  const messages = [
    { buffer: new Uint8Array(10), n: 0, addr },
    { buffer: lost, n: 0, addr, segmentSize: 1000 },
  ]
  const writing = a.writeBatch(messages)
  expect((await a.readFrom(new Uint8Array(2000)))[0]).toBe(10)
  transfer(lost)
  await expect(writing).rejects.toEqual(gone)
  expect(messages.map((m) => m.n)).toEqual([10, 0])
  expect(await a.writeTo(new Uint8Array(1), addr)).toBe(1)
})

test('readBatch() whose buffer is given away leaves the datagram to the next read', async () => {
  await using a = await target.listenUDP('udp', new UDPAddr(loopback, 0))
  const p = new Uint8Array(100)
  const reading = a.readBatch([{ buffer: p, n: 0, addr: null }])
  transfer(p)
  await a.writeTo(new Uint8Array(20), a.localAddr)
  await expect(reading).rejects.toEqual(gone)
  expect((await a.readFrom(new Uint8Array(100)))[0]).toBe(20)
})

test('a file over a kernel’s connection whose buffer is given away while it is filled fails alone', async () => {
  await using far = await exported('tcp')
  await using listener = await kernel.listenTCP('tcp', new TCPAddr(loopback, 0))
  await using c = await far.target.dialTCP('tcp', null, listener.addr)
  await using s = await listener.accept()
  const ctl = await far.net.open('tcp/clone', 'rw')
  const number = new Uint8Array(8)
  const n = await ctl.read(number)
  const { port } = listener.addr
  await ctl.write(Buffer.from(`connect 127.0.0.1!${port}`))
  await using other = await listener.accept()
  const data = await far.net.open(`tcp/${Buffer.from(number.subarray(0, n)).toString()}/data`, 'rw')
  const long = new Uint8Array(400_000)
  const reading = data.read(long)
  const writing = data.write(new Uint8Array(400_000))
  transfer(long)
  await other.write(new Uint8Array(400_000).fill(1))
  await expect(reading).rejects.toEqual(gone)
  expect(await writing).toBe(400_000)
  await s.write(Buffer.from('whole'))
  expect(await c.read(new Uint8Array(8))).toBe(5)
  expect(far.net.error).toBeNull()
  await Promise.all([data.close(), ctl.close()])
})
