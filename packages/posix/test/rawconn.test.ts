import { afterAll, expect, test } from 'vitest'
import { ErrClosed, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync } from '../src/index.ts'
import { recv, send } from '../src/sys/syscall.ts'
import { Connected } from './connected.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

test('RawConn.write() and RawConn.read() call their functions with the descriptor until these say it is done', async () => {
  await using pair = await Connected.dial()
  const [out, p] = [new TextEncoder().encode('raw'), new Uint8Array(8)]
  let got = -1
  const read = pair.s.syscallConn().read((fd) => {
    got = recv(fd, p, p.byteLength, 0)
    return got >= 0
  })
  await pair.c.syscallConn().write((fd) => send(fd, out, out.byteLength, 0) === out.byteLength)
  await read
  expect([got, ...p.subarray(0, 3)]).toEqual([3, ...out])
})

test('RawConn.read() and RawConn.write() keep to the deadlines and the turns of the connection', async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  const raw = c.syscallConn()
  let calls = 0
  const never = (): boolean => {
    calls++
    return false
  }
  const [read, write] = [raw.read(never), raw.write(never)]
  c.setDeadline(Date.now() + 20)
  await Promise.all([
    expect(read).rejects.toMatchObject({ op: 'raw-read', net: 'tcp', timeout: true }),
    expect(write).rejects.toMatchObject({ op: 'raw-write', net: 'tcp', timeout: true }),
  ])
  expect(calls).toBeGreaterThanOrEqual(2)
  // With the deadline past the function is not called.
  calls = 0
  await expect(raw.read(never)).rejects.toMatchObject({ timeout: true })
  expect(calls).toBe(0)
  c.setDeadline(null)
  const first = c.read(new Uint8Array(1))
  const second = raw.read(() => {
    calls++
    return true
  })
  await pair.s.write(Uint8Array.of(1))
  await first
  await pair.s.write(Uint8Array.of(2))
  await second
  expect(calls).toBeGreaterThan(0)
})

test('RawConn of a closed connection or listener fails and does not call its function', async () => {
  const pair = await Connected.dial()
  const listener = listenTCPSync('tcp', null)
  const raws = [pair.c.syscallConn(), pair.s.syscallConn(), listener.syscallConn()]
  const waiting = raws[0]?.read(() => false)
  const ended = expect(waiting).rejects.toSatisfy((e) => isErr(e, ErrClosed))
  await pair[Symbol.asyncDispose]()
  await listener.close()
  await ended
  for (const raw of raws) {
    let calls = 0
    const f = (): boolean => ++calls > 0
    await expect(raw.read(f)).rejects.toSatisfy((e) => isErr(e, ErrClosed))
    await expect(raw.write(f)).rejects.toSatisfy((e) => isErr(e, ErrClosed))
    expect(() => {
      raw.control(f)
    }).toThrow('use of closed network connection')
    expect(calls).toBe(0)
  }
})

test('file() and close() at once leave either a file or an error, and nothing open', async () => {
  for (let i = 0; i < 200; i++) {
    const { c, s } = await Connected.dial()
    const files = [c.file(), s.file()]
    const closed = [c.close(), s.close()]
    files.push(c.file())
    const outcomes = await Promise.allSettled(files)
    await Promise.all(closed)
    // Those that were asked for before close got their descriptor at once.
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    for (const o of outcomes) if (o.status === 'fulfilled') await o.value.close()
  }
})

test('a write to a peer that has shut down its side and reads no more ends by the deadline', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  await s.closeWrite()
  expect(await c.read(new Uint8Array(1))).toBeNull()
  const bytes = new Uint8Array(20_000_000)
  c.setWriteDeadline(Date.now() + 100)
  await expect(c.write(bytes)).rejects.toMatchObject({ op: 'write', timeout: true })
})
