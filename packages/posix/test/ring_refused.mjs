// The process of ring_thread.test.ts, which has no descriptor left for a ring.
import { closeSync, openSync } from 'node:fs'
import { posix, socketPair } from '@net/posix'

const pairs = Array.from({ length: 32 }, () => socketPair())
const held = []
try {
  for (;;) held.push(openSync('/dev/null', 'r'))
} catch {
  // No descriptor is left.
}

try {
  posix({ engine: 'io_uring' })
} catch (e) {
  console.log(`${e.syscall} ${e.code}`)
}

// All have something to do in one turn, for which a ring would be opened.
const reads = pairs.map(async ([, b]) => {
  const p = new Uint8Array(8)
  const n = await b.read(p)
  return await b.write(p.subarray(0, n))
})
await Promise.all(pairs.map(([a]) => a.write(new Uint8Array(8))))
await Promise.all(reads)
const answers = await Promise.all(pairs.map(([a]) => a.read(new Uint8Array(8))))
console.log(answers.join(''))
for (const fd of held) closeSync(fd)
