// Writes of more bytes than a system call moves, or a 32 bit number counts: one buffer, and many in one call.
import { constants } from 'node:buffer'
import { Dice } from './figures.mjs'
import { connectionTypes } from './pairs.mjs'

const PERIOD = 1_048_573 // bytes, a prime: no buffer's size divides it
const BEYOND = 2 ** 32 + 10 // bytes of a write
const CHUNK = 512 * PERIOD // bytes of each buffer of a writev
const QUICK = ['tcp4'] // of the short form
const WHOLE = ['tcp4', 'unix', 'hosted tcp', 'embedded /net', '/net over 9P']

const dice = new Dice(7)
const period = Buffer.alloc(PERIOD)
for (let i = 0; i < PERIOD; i++) period[i] = dice.below(256)
const twice = Buffer.concat([period, period])

/** A buffer that holds the period over and over. */
function filled(length) {
  const p = new Uint8Array(length)
  p.set(period.subarray(0, length))
  for (let n = PERIOD; n < length; n *= 2) p.copyWithin(n, 0, Math.min(n, length - n))
  return p
}

/** How many bytes come until the end. Throws at the first that is not the one which was sent. */
async function received(c) {
  const p = Buffer.alloc(1 << 20)
  let at = 0
  for (let n = await c.read(p); n !== null; n = await c.read(p)) {
    for (let done = 0; done < n;) {
      const from = (at + done) % PERIOD
      const length = Math.min(n - done, twice.byteLength - from)
      if (p.compare(twice, from, from + length, done, done + length) !== 0)
        throw new Error(`other bytes within ${n} after ${at}`)
      done += length
    }
    at += n
  }
  return at
}

/** Sends by `write`, and throws unless all comes that the buffers have, and the write says so. */
async function sent({ label, make }, length, write) {
  const [c1, c2] = await make()
  const receiving = received(c2)
  const n = await write(c1)
  await c1.close()
  const came = await receiving
  await c2.close()
  if (n !== length || came !== length)
    throw new Error(`${label}: of ${length} bytes ${n} went and ${came} came`)
}

export const soak = {
  sentence: 'a write of more than 4 GiB goes whole, from one buffer and from many',
  bound: { short: 120, full: 1800 },
  async run({ short }) {
    const { types, stop } = await connectionTypes()
    const some = types.filter(({ label }) => (short ? QUICK : WHOLE).includes(label))
    const chunk = filled(CHUNK)
    const count = Math.ceil(BEYOND / CHUNK)
    const whole = Math.min(constants.MAX_LENGTH, BEYOND)
    for (const type of some) {
      await sent(type, count * CHUNK, (c) => c.writev(Array.from({ length: count }, () => chunk)))
      if (short) continue
      const p = filled(whole)
      await sent(type, whole, (c) => c.write(p))
    }
    await stop()
    const one = short ? '' : ` and ${whole} from one`
    return {
      good: true,
      figures: `${count * CHUNK} bytes from ${count} buffers${one}, on ${some.map(({ label }) => label).join(', ')}`,
    }
  },
}
