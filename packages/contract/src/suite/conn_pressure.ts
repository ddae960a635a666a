import { equal, held, ok } from './assert.ts'
import { readFull } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { delay, settled, turn } from './part.ts'

const CHUNK = 65536 // bytes per write
const MOST = 64 << 20 // bytes: more than the buffers of any network between two ends
const STALL = 300 // milliseconds without progress after which a writer counts as blocked
const SIPS = 1000 // small reads, each with time for the writer behind it
const MEMORY = 48 << 20 // bytes: a generous bound of what a blocked writer may cost

/** Registers the statements about readers that stop and readers that are slow. */
export function testConnPressure(x: ConnTest): void {
  x.states('a reader that stops makes the writer wait, and memory stays flat', async ({ c1, c2 }) => {
    const p = new Uint8Array(x.stream ? CHUNK : 4096).fill(3)
    const before = external()
    let written = 0
    let pending: Promise<number> | null = null
    while (pending === null && written < MOST) {
      const write = held(c1.write(p))
      const done = await Promise.race([write.then(() => true), delay(STALL).then(() => false)])
      if (done) written += p.byteLength
      else pending = write
    }
    ok(pending !== null, `${written} bytes were taken from the writer although nobody reads`)
    ok(!(await settled(pending)), 'the write() ended although nobody reads')
    const grown = external() - before
    ok(grown < MEMORY, `memory grew by ${grown} bytes while the writer waited`)
    const total = written + p.byteLength
    for (let i = 0; i < total;) {
      const got = await readFull(c2, Math.min(p.byteLength, total - i))
      ok(
        got.every((b) => b === 3),
        'a byte changed',
      )
      i += got.byteLength
    }
    equal(await pending, p.byteLength, 'the write() that waited')
  })
  if (x.stream) slowReader(x)
}

function slowReader(x: ConnTest): void {
  x.states('a reader that takes little at a time makes the writer wait as well', async ({ c1, c2 }) => {
    const p = new Uint8Array(CHUNK)
    let written = 0
    const write = async (): Promise<void> => {
      for (;;) written += await c1.write(p)
    }
    const writing = write().catch(() => {}) // it ends with the connection
    let read = 0
    for (let i = 0; i < SIPS; i++) {
      read += (await c2.read(p.subarray(0, 64))) ?? 0
      for (let turns = 0; turns < 5; turns++) await turn()
    }
    ok(written - read < MOST, `${written} bytes were taken from the writer of which ${read} are read`)
    await c1.close()
    await writing
  })
}

/** The memory outside of the JavaScript heap, in bytes; 0 on hosts that do not tell it. */
function external(): number {
  const host = (globalThis as { process?: { memoryUsage?: () => NodeJS.MemoryUsage } }).process
  return host?.memoryUsage?.().external ?? 0
}
