import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'

const SECONDS = 3

/** How often the threads of a process went to sleep, and the time it ran in ticks of the clock. */
function sleeps(pid: number): { switches: number; ticks: number } {
  let switches = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    switches += Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? NaN)
  }
  // utime and stime are the 12th and 13th after the name in parentheses, proc(5).
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return { switches, ticks: Number(stat[11]) + Number(stat[12]) }
}

test('a process whose accepts and reads wait is asleep: no wake-up, no spin, no time used', async () => {
  // The child runs the package as users have it, from dist.
  const child = fork(new URL('idle.mjs', import.meta.url), { execArgv: [] })
  const exit = once(child, 'exit')
  try {
    const [port] = (await once(child, 'message')) as [number]
    const { pid } = child
    if (pid === undefined) throw new Error('the child has no number')
    await sleep(500) // the message's own work
    const start = sleeps(pid)
    await sleep(SECONDS * 1000)
    expect(sleeps(pid)).toEqual(start)
    // A connection wakes it, so the counter counts.
    const woken = once(child, 'message')
    const peer = connect(port, '127.0.0.1')
    expect(await woken).toEqual(['something happened', undefined])
    // It counts once the process goes back to sleep.
    await expect.poll(() => sleeps(pid).switches, { timeout: 30_000 }).toBeGreaterThan(start.switches)
    peer.destroy()
  } finally {
    child.kill()
    await exit
  }
})
