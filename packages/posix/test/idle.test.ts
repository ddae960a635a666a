import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'

interface Counters {
  wakeUps: number
  spins: number
}

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

async function counters(child: ChildProcess): Promise<{ before: Counters; now: Counters }> {
  const answer = once(child, 'message')
  child.send('counters')
  return ((await answer) as [{ before: Counters; now: Counters }])[0]
}

test('a process whose accepts and reads wait is asleep: no wake-up, no spin, no time used', async () => {
  // The child runs the package as users have it, from dist.
  const child = fork(new URL('idle.mjs', import.meta.url), { execArgv: [] })
  const exit = once(child, 'exit')
  try {
    expect(await once(child, 'message')).toEqual(['idle', undefined])
    const first = await counters(child)
    // It woke and spun while there was something to do, so the counters count.
    expect(first.before.wakeUps + first.before.spins).toBeGreaterThan(100)
    const { pid } = child
    if (pid === undefined) throw new Error('the child has no number')
    await sleep(500) // the answer's own work
    const start = sleeps(pid)
    await sleep(SECONDS * 1000)
    const end = sleeps(pid)
    expect(end).toEqual(start)
    expect((await counters(child)).now).toEqual(first.now)
  } finally {
    child.kill()
    await exit
  }
})
