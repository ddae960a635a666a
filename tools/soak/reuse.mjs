// The close/reuse race: connections are closed while reads and writes are pending on them, and their descriptors' numbers are
// taken by new connections at once. Every connection carries bytes of its own, so one that reaches the wrong one is seen.
//
//   node tools/bench/soak/close_reuse.mjs [operations]     10 million unless told otherwise
import { isErr, ErrClosed } from '@net/contract'
import { socketPair } from '@net/posix'

const goal = Number(process.argv[2] ?? 10_000_000)
const LANES = 64 // connections that live at any time
const SIZE = 8 // bytes of a message: the connection's number, and the message's

let operations = 0
let opened = 0
let interrupted = 0
let seed = 1

function random(limit) {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
  return (seed >>> 8) % limit
}

/** Fails the run unless the error is that of a closed connection. */
function expectClosed(e) {
  if (!isErr(e, ErrClosed)) throw e
  interrupted++
}

/** One connection from birth to death; gives when it is closed. */
async function life() {
  const number = ++opened
  const [a, b] = socketPair('unix')
  const out = new Uint8Array(SIZE)
  const view = new DataView(out.buffer)
  const rounds = 1 + random(40)
  const got = new Uint8Array(SIZE)
  const seen = new DataView(got.buffer)
  for (let i = 0; i < rounds; i++) {
    view.setUint32(0, number)
    view.setUint32(4, i)
    // Sometimes the read waits for the write, sometimes it finds the bytes there.
    const read = random(2) === 0 ? b.read(got) : null
    await a.write(out)
    const n = await (read ?? b.read(got))
    operations += 2
    if (n !== SIZE || seen.getUint32(0) !== number || seen.getUint32(4) !== i) {
      throw new Error(
        `connection ${number}, message ${i}: got ${n} bytes of ${seen.getUint32(0)}/${seen.getUint32(4)}`,
      )
    }
  }
  // Closed with a read pending on each end, in either order; the next life takes the numbers.
  const pending = [
    a.read(new Uint8Array(SIZE)).catch(expectClosed),
    b.read(new Uint8Array(SIZE)).catch(expectClosed),
  ]
  const first = random(2) === 0 ? a : b
  const second = first === a ? b : a
  await first.close()
  if (random(2) === 0) await second.close()
  else void second.close()
  operations += 4
  return Promise.all(pending)
}

async function lane() {
  while (operations < goal) await life()
}

const start = performance.now()
await Promise.all(Array.from({ length: LANES }, lane))
const seconds = (performance.now() - start) / 1000
console.log(
  `${operations} operations on ${opened} connections in ${seconds.toFixed(1)} s, ${interrupted} interrupted by close: no byte went astray`,
)
