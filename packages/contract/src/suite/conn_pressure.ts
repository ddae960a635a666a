import { equal, held, ok } from './assert.ts'
import { readFull } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { delay, settled } from './part.ts'

const CHUNK = 65536 // bytes per write
const MOST = 64 << 20 // bytes: more than the buffers of any network between two ends
const STALL = 300 // milliseconds without progress after which a writer counts as blocked
const MEMORY = 48 << 20 // bytes: a generous bound of what a blocked writer may cost

/** Registers the statement about a reader that stops. */
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
}

/** The memory outside of the JavaScript heap, in bytes; 0 on hosts that do not tell it. */
function external(): number {
  const host = (globalThis as { process?: { memoryUsage?: () => NodeJS.MemoryUsage } }).process
  return host?.memoryUsage?.().external ?? 0
}
