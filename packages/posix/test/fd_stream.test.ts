import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished, pipeline } from 'node:stream/promises'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { FDStream, listenTCPSync, listenUnixSync, socketPair } from '../src/index.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-fd-stream-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const noPython = missing('python3', '--version')

function file(content: string): number {
  const path = join(dir, 'file')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  rmSync(path)
  return fd
}

function take(fd: number): string {
  const p = new Uint8Array(100)
  const text = new TextDecoder().decode(p.subarray(0, readSync(fd, p)))
  closeSync(fd)
  return text
}

function pair(): [FDStream, FDStream] {
  const [a, b] = socketPair()
  return [new FDStream(a), new FDStream(b)]
}

async function end(...streams: FDStream[]): Promise<void> {
  for (const s of streams) {
    s.destroy()
    if (!s.closed) await once(s, 'close')
  }
}

test('FDStream.writeWithFds() passes descriptors, which come as an event before the bytes they came with', async () => {
  const [a, b] = pair()
  const seen: string[] = []
  a.resume()
  b.on('fds', (fds: number[]) => seen.push(`fds ${fds.map(take).join()}`))
  b.on('data', (p: Buffer) => seen.push(...p.toString().trim().split('\n')))
  const fds = ['one', 'two', 'three'].map(file)
  await new Promise((resolve) => a.write('plain\n', resolve))
  await new Promise((resolve) => a.writeWithFds(Buffer.from('with\n'), fds.slice(0, 2), resolve))
  await new Promise((resolve) => a.writeWithFds('again\n', fds.slice(2), resolve))
  fds.forEach(closeSync)
  a.end('last\n')
  b.end()
  await Promise.all([finished(a), finished(b)])
  expect(seen.filter((s) => !s.startsWith('fds'))).toEqual(['plain', 'with', 'again', 'last'])
  expect(seen.filter((s) => s.startsWith('fds'))).toEqual(['fds one,two', 'fds three'])
  expect(seen.indexOf('fds one,two')).toBeLessThan(seen.indexOf('with'))
  expect(seen.indexOf('fds three')).toBeLessThan(seen.indexOf('again'))
})

test('a queue of writes keeps its order and its descriptors', async () => {
  const [a, b] = pair()
  const got: string[] = []
  let bytes = ''
  b.on('fds', (fds: number[]) => got.push(...fds.map(take)))
  b.on('data', (p: Buffer) => (bytes += p.toString()))
  const fds = Array.from({ length: 20 }, (_, i) => file(`file ${i}`))
  const large = 'x'.repeat(100_000)
  fds.forEach((fd, i) => {
    a.writeWithFds(`${i}${large}\n`, [fd])
    a.write('between\n')
  })
  a.end()
  await finished(a, { readable: false })
  fds.forEach(closeSync)
  await once(b, 'end')
  expect(got).toEqual(fds.map((_, i) => `file ${i}`))
  expect(bytes).toBe(fds.map((_, i) => `${i}${large}\nbetween\n`).join(''))
  await end(a, b)
})

test('descriptors without a listener are closed, and those of a destroyed stream too', async () => {
  const [a, b] = pair()
  const fd = file('x')
  const leak = ledger(keepLeaks())
  a.writeWithFds('nobody', [fd, fd])
  const [p] = (await once(b, 'data')) as [Buffer]
  expect(p.toString()).toBe('nobody')
  await leak()
  await new Promise((resolve) => a.writeWithFds('later', [fd], resolve))
  await end(a, b)
  closeSync(fd)
  await leak()
})

test('a writer waits for a reader, and bytes arrive whole through pipeline()', async () => {
  const [a, b] = pair()
  const large = Buffer.alloc(8 << 20).map((_, i) => i % 251)
  expect(a.write(large)).toBe(false)
  a.end()
  const parts: Buffer[] = []
  await pipeline(b, async (source: AsyncIterable<Buffer>) => {
    for await (const part of source) parts.push(part)
  })
  expect(Buffer.compare(Buffer.concat(parts), large)).toBe(0)
  await end(a, b)
})

test('what is no stream, no descriptor, or closed is refused', async () => {
  const [x, y] = socketPair('unixgram')
  expect(() => new FDStream(x)).toThrow('a unixgram connection is not a stream')
  await Promise.all([x.close(), y.close()])
  const [a, b] = pair()
  expect(() => a.writeWithFds('', [0])).toThrow(TypeError)
  expect(() => a.writeWithFds('x', [-1])).toThrow(RangeError)
  const fd = file('x')
  closeSync(fd)
  const failed = once(a, 'error')
  a.writeWithFds('x', [fd])
  expect((await failed)[0]).toMatchObject({ code: 'EBADF', op: 'write' })
  await end(a, b)
})

test.skipIf(noPython !== '')(
  `an FDStream exchanges descriptors with a Python program ${noPython}`,
  async () => {
    const listener = listenUnixSync('unix', new UnixAddr(join(dir, 'python'), 'unix'))
    await using peer = python(
      `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
while True:
    data, fds, flags, addr = socket.recv_fds(s, 1000, 10)
    if not data: break
    for fd in fds:
        r, w = os.pipe()
        os.write(w, os.read(fd, 100).upper())
        for x in (fd, w): os.close(x)
        socket.send_fds(s, [data], [r])
        os.close(r)
`,
      [listener.addr.name],
    )
    const s = new FDStream(await listener.accept())
    await listener.close()
    for (const content of ['first', 'second']) {
      const fd = file(content)
      const got = once(s, 'fds')
      const data = once(s, 'data')
      s.writeWithFds(content, [fd], () => closeSync(fd))
      const [[back = -1]] = (await got) as [number[]]
      expect(take(back)).toBe(content.toUpperCase())
      expect(String((await data)[0])).toBe(content)
    }
    await end(s)
    expect(await peer.ended()).toBe(0)
  },
)
