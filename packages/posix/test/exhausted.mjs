// The process of exhausted.test.ts, which has no descriptor left.
import { closeSync, openSync } from 'node:fs'
import { listenTCPSync, parseUnixRights, posix, socketPair, unixRights } from '@net/posix'

const target = posix()
const listener = listenTCPSync('tcp', null)
const [a, b] = socketPair()
const file = await a.file()
const p = new Uint8Array(8)
await a.write(p)
await b.read(p)

const held = []
try {
  for (;;) held.push(openSync('/dev/null', 'r'))
} catch {
  // No descriptor is left.
}

const errors = []
for (const f of [() => socketPair(), () => listener.file(), () => target.fileConn(file)]) {
  try {
    await f()
    errors.push('it did not fail')
  } catch (e) {
    errors.push(`${e.code} ${e.message.replace(/\d+\b/g, 'N')}`)
  }
}

const counts = []
for (let free = 0; free < 3; free++) {
  await a.writeMsgUnix(Uint8Array.of(1), unixRights(held[0], held[0]), null)
  const control = new Uint8Array(64)
  const { n, oobn, flags } = await b.readMsgUnix(p, control)
  const fds = parseUnixRights(control.subarray(0, oobn))
  counts.push([n, fds.length, flags])
  for (const fd of fds) closeSync(fd)
  closeSync(held.pop())
}

for (const fd of held) closeSync(fd)
const [c, d] = socketPair()
const again = await target.fileConn(file)
await again.write(Uint8Array.of(1, 2))
const works = await b.read(p)
await Promise.all([a, b, c, d, again, listener, file].map((x) => x.close()))
console.log(JSON.stringify({ errors, counts, works }))
