// Moves bytes that are known in ways of all kinds, and looks at each where it comes out: `node integrity.mjs BYTES`.
// It sends, for each way, how many went and came.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { posix, socketPair } from '@net/posix'
import { Dice } from '../figures.mjs'
import { tcpPair } from '../pairs.mjs'

const PERIOD = 1_048_573 // bytes, a prime: no buffer's size divides it
const LONGEST = 1 << 18 // bytes of a write and of a read

const dice = new Dice(7)
// The pattern twice, so that every stretch of the stream is one of the buffer.
const pattern = Buffer.alloc(2 * PERIOD)
for (let i = 0; i < PERIOD; i++) pattern[i] = dice.below(256)
pattern.copyWithin(PERIOD, 0, PERIOD)
const stretch = (at, length) => pattern.subarray(at % PERIOD, (at % PERIOD) + length)

const target = posix()
const dir = mkdtempSync(join(tmpdir(), 'net-integrity-'))
const path = join(dir, 'pattern')
writeFileSync(path, pattern.subarray(0, PERIOD))

async function write(c, at, most) {
  return c.write(stretch(at, Math.min(most, 1 + dice.below(LONGEST))))
}

async function writev(c, at, most) {
  const count = 1 + dice.below(20)
  const lengths = Array.from({ length: count }, () => 1 + dice.below(LONGEST / 16))
  const buffers = []
  let sum = 0
  for (const length of lengths) {
    const p = stretch(at + sum, Math.min(length, most - sum))
    if (p.byteLength > 0) buffers.push(p)
    sum += p.byteLength
  }
  return c.writev(buffers)
}

async function sendFile(c, at, most) {
  const file = await open(path)
  const offset = at % PERIOD
  try {
    return await c.sendFile(file, { offset, length: Math.min(most, PERIOD - offset) })
  } finally {
    await file.close()
  }
}

async function send(c, bytes, way) {
  for (let at = 0; at < bytes;) at += await way(c, at, bytes - at)
  await c.closeWrite()
}

async function receive(c) {
  const p = Buffer.alloc(LONGEST)
  let at = 0
  for (let n = await c.read(p); n !== null; n = await c.read(p.subarray(0, 1 + dice.below(LONGEST)))) {
    if (!p.subarray(0, n).equals(stretch(at, n))) throw new Error(`other bytes within ${n} after ${at}`)
    at += n
  }
  return at
}

const ways = {
  'tcp write': [() => tcpPair(target), write],
  'tcp writev': [() => tcpPair(target), writev],
  'tcp sendFile': [() => tcpPair(target), sendFile],
  'unix write': [() => socketPair('unix'), write],
}

const each = Math.ceil(Number(process.argv[2]) / Object.keys(ways).length)
const moved = {}
for (const [name, [make, way]] of Object.entries(ways)) {
  const [c1, c2] = await make()
  const [got] = await Promise.all([receive(c2), send(c1, each, way)])
  if (got !== each) throw new Error(`${name}: ${got} bytes of ${each} came`)
  moved[name] = got
  await Promise.all([c1.close(), c2.close()])
}
rmSync(dir, { recursive: true })
process.send(moved)
process.disconnect()
