import {
  decodeMessage,
  DONT_TOUCH,
  encodedMessage,
  type Message9P,
  NOFID,
  NOTAG,
  Ropen,
  Rread,
  Rwalk,
  Rwrite,
  Rwstat,
  Tattach,
  Tclunk,
  Topen,
  Tread,
  Tstat,
  Tversion,
  Twalk,
  Twrite,
  Twstat,
} from '@net/9p'
import type { Conn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { echo, exported } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

async function ask(conn: Conn, message: Message9P): Promise<Message9P> {
  await conn.write(encodedMessage(message))
  const p = new Uint8Array(65536)
  for (let n = 0; ;) {
    const more = await conn.read(p.subarray(n))
    if (more === null) throw new Error('the session has ended')
    n += more
    const size = new DataView(p.buffer).getUint32(0, true)
    if (n >= 4 && n >= size) return decodeMessage(p, 0, size)
  }
}

/** The messages of Linux' fs/9p for an open with O_WRONLY and O_TRUNC, a write and a close. */
async function writeFile(conn: Conn, path: string[], text: string): Promise<number[]> {
  const lookup = await ask(conn, { type: Twalk, tag: 0, fid: 0, newfid: 8, wname: path })
  await ask(conn, { type: Tstat, tag: 0, fid: 8 })
  await ask(conn, { type: Twalk, tag: 0, fid: 8, newfid: 9, wname: [] })
  const opened = await ask(conn, { type: Topen, tag: 0, fid: 9, mode: 1 })
  // The truncation comes after the open, on the fid of the name: length 0 and the time.
  const stat = { ...DONT_TOUCH, length: 0n, mtime: Math.floor(Date.now() / 1000) }
  const truncated = await ask(conn, { type: Twstat, tag: 0, fid: 8, stat })
  const data = Buffer.from(text)
  const written = await ask(conn, { type: Twrite, tag: 0, fid: 9, offset: 0n, data })
  await ask(conn, { type: Tclunk, tag: 0, fid: 9 })
  await ask(conn, { type: Tclunk, tag: 0, fid: 8 })
  return [lookup, opened, truncated, written].map(({ type }) => type)
}

test('what `echo connect ... > ctl` sends on a Linux mount connects', async () => {
  await using peer = await echo()
  await using out = await exported()
  await using conn = await out.connect()
  await ask(conn, { type: Tversion, tag: NOTAG, msize: 8216, version: '9P2000' })
  await ask(conn, { type: Tattach, tag: 0, fid: 0, afid: NOFID, uname: 'nobody', aname: '' })
  // Something holds the conversation meanwhile, as `exec 3<> tcp/clone` does.
  await ask(conn, { type: Twalk, tag: 0, fid: 0, newfid: 1, wname: ['tcp', 'clone'] })
  expect(await ask(conn, { type: Topen, tag: 0, fid: 1, mode: 2 })).toMatchObject({ type: Ropen })
  const done = [Rwalk, Ropen, Rwstat, Rwrite]
  expect(await writeFile(conn, ['tcp', '0', 'ctl'], `connect 127.0.0.1!${peer.port}\n`)).toEqual(done)
  // `echo hello > data` truncates as well.
  await ask(conn, { type: Twalk, tag: 0, fid: 0, newfid: 2, wname: ['tcp', '0', 'data'] })
  await ask(conn, { type: Topen, tag: 0, fid: 2, mode: 0 })
  expect(await writeFile(conn, ['tcp', '0', 'data'], 'hello\n')).toEqual(done)
  const said = await ask(conn, { type: Tread, tag: 0, fid: 2, offset: 0n, count: 100 })
  expect(said.type === Rread && Buffer.from(said.data).toString()).toBe('echo:hello\n')
})
