import { isTypeError } from '../index.ts'
import { equal, held, ok, rejectsType, show } from './assert.ts'
import { giveAway, roundTrip } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'

const MANY = 32 << 20 // bytes, more than any connection takes before its peer reads

/** Registers the statements about buffers that a program gives away while an operation has them. */
export function testConnBuffers(x: ConnTest): void {
  x.states(
    'a read() whose buffer is given away is a TypeError, and what came is there for the next',
    async ({ c1, c2 }) => {
      const p = new Uint8Array(100)
      const reading = held(c1.read(p))
      giveAway(p)
      const writing = held(c2.write(new Uint8Array(10)))
      await rejectsType(() => reading, 'read()')
      equal(await c1.read(new Uint8Array(100)), 10, 'the next read()')
      await writing
      await roundTrip(c1, c2)
    },
  )
  if (!x.stream) return
  x.states(
    'a write() whose buffer is given away is a TypeError, unless all of it was taken before',
    async ({ c1, c2 }) => {
      const p = new Uint8Array(MANY).fill(1)
      const writing = held(c1.write(p))
      giveAway(p)
      const reading = held(readAll(() => c2.read(new Uint8Array(1 << 20))))
      const outcome: unknown = await writing.catch((e: unknown) => e)
      await c1.close()
      const n = await reading
      if (outcome === MANY) equal(n, MANY, 'the bytes that came')
      else ok(isTypeError(outcome) && n < MANY, `write() gave ${show(outcome)}, ${n} bytes came`)
    },
  )
}

async function readAll(read: () => Promise<number | null>): Promise<number> {
  let n = 0
  for (let got = await read(); got !== null; got = await read()) n += got
  return n
}
