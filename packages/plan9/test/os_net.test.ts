import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { osNet, plan9, query } from '../src/index.ts'

const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

function file(path: string, content: string): void {
  mkdirSync(join(dir, path, '..'), { recursive: true })
  writeFileSync(join(dir, path), content)
}

function pipe(path: string): void {
  mkdirSync(join(dir, path, '..'), { recursive: true })
  expect(spawnSync('mkfifo', [join(dir, path)]).status).toBe(0)
}

const fs = osNet(`${dir}/`)

test('osNet() opens files below its directory, which is its root', async () => {
  file('tcp/7/ctl', '7')
  expect(fs.root).toBe(dir)
  const f = await fs.open('tcp/7/ctl', 'rw')
  const p = new Uint8Array(8)
  expect(await f.read(p)).toBe(1)
  expect(await f.read(p)).toBe(0) // the offset moves along
  expect(await f.write(Buffer.from('hangup'))).toBe(6)
  f.rewind()
  expect(await f.read(p)).toBe(7)
  expect(Buffer.from(p.subarray(0, 7)).toString()).toBe('7hangup')
  await f.close()
  await f.close()
  await expect(f.read(p)).rejects.toThrow('file is closed')
})

test('osNet() does not make or empty files', async () => {
  await expect(fs.open('tcp/8/ctl', 'rw')).rejects.toMatchObject({ code: 'ENOENT' })
  file('log', 'kept')
  await (await fs.open('log', 'w')).close()
  expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('kept')
})

test('query() writes at the beginning, and reads from there', async () => {
  file('cs', '')
  // A plain file answers with what it was asked.
  expect(await query(fs, 'cs', 'tcp!host!80', 128)).toEqual(['tcp!host!80'])
})

test('a read that waits does not hold up a write of the same file', async () => {
  pipe('tcp/1/data')
  const data = await fs.open('tcp/1/data', 'rw')
  const p = new Uint8Array(8)
  const reading = data.read(p)
  expect(await data.write(Buffer.from('echo'))).toBe(4)
  expect(await reading).toBe(4)
  expect(Buffer.from(p.subarray(0, 4)).toString()).toBe('echo')
  await data.close()
})

test('reads that wait leave a thread for control messages', async () => {
  file('tcp/9/ctl', '9')
  const paths = [2, 3, 4, 5, 6].map((n) => `tcp/${n}/data`)
  paths.forEach(pipe)
  const files = await Promise.all(paths.map((path) => fs.open(path, 'rw')))
  const buffers = files.map(() => new Uint8Array(1))
  const reads = files.map((f, i) => f.read(buffers[i] ?? new Uint8Array()))
  const ctl = await fs.open('tcp/9/ctl', 'rw')
  expect(await ctl.write(Buffer.from('connect'))).toBe(7)
  await Promise.all(files.map((f, i) => f.write(Uint8Array.of(i))))
  expect(await Promise.all(reads)).toEqual([1, 1, 1, 1, 1])
  expect(buffers.map((p) => p[0])).toEqual([0, 1, 2, 3, 4])
  await Promise.all([...files, ctl].map((f) => f.close()))
})

test('a signal ends waiting for a read, and the file closes when the read returns', async () => {
  pipe('tcp/10/data')
  const data = await fs.open('tcp/10/data', 'rw')
  const controller = new AbortController()
  const reading = data.read(new Uint8Array(8), { signal: controller.signal })
  controller.abort('gone')
  await expect(reading).rejects.toBe('gone')
  await data.write(Buffer.from('x'))
  await data.close()
})

test('plan9() reads interfaces of a mounted tree', async () => {
  file('ipifc/0/status', 'device /dev/null maxtu 16384\n\t127.0.0.1 /104 127.0.0.0 1 1\n\t::1 /128 ::1 1 1\n')
  const target = plan9({ net: dir })
  expect((await target.interfaceAddrs()).map(String)).toEqual(['127.0.0.1/8', '::1/128'])
  expect((await target.interfaceByIndex(1)).name).toBe(`${dir}/ipifc/0`)
  await expect(target.interfaceByName('nosuch')).rejects.toThrow('route ip+net: no such network interface')
})

test('plan9() of PLAN9_NET uses the directory it names', async () => {
  process.env.PLAN9_NET = dir
  try {
    expect(await plan9().interfaces()).toHaveLength(1)
  } finally {
    delete process.env.PLAN9_NET
  }
})
