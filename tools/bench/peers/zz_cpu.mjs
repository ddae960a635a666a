import { posix } from '@net/posix'
import { readFileSync } from 'node:fs'
const target = posix()
let names = 0
const run = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6
process.stdin.once('data', async () => {
  const a = performance.now(), c = run(), u = process.resourceUsage()
  for (let i = 0; i < 1500; i++) await target.lookupIP('ip4', `o${names++}.bench.test`)
  const v = process.resourceUsage()
  console.log(JSON.stringify({ ms: run() - c, wall: performance.now() - a, user: (v.userCPUTime - u.userCPUTime) / 1e3, sys: (v.systemCPUTime - u.systemCPUTime) / 1e3 }))
  process.exit()
})
