// What soaks tell: how times spread, what a process holds.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { clearInterval, setInterval } from 'node:timers'

/** The quantile of sorted numbers; NaN of none. */
export const at = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN

/** Sorts numbers where they are. */
export const sorted = (numbers) => numbers.sort((a, b) => a - b)

/** The median, the 99th percentile and the greatest of sorted times, in words. */
export const spread = (times, digits = 1) =>
  [0.5, 0.99, 1].map((q) => at(times, q).toFixed(digits)).join(' / ')

/** Bytes in MiB, in words. */
export const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

// A thread's io_uring is opened when it is first of use, and stays.
function isRing(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[io_uring]'
  } catch {
    return false // what listed the directory
  }
}

/** How many descriptors this process has open. */
export const descriptors = () => readdirSync('/proc/self/fd').filter((fd) => !isRing(fd)).length

/** The resident memory of this process once what is garbage has gone, in bytes. */
export function settledMemory() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage.rss()
}

const SCHEDSTAT = '/proc/thread-self/schedstat' // nanoseconds run, nanoseconds waited, turns
const tells = existsSync(SCHEDSTAT)

/**
 * How long this thread has waited for a processor since it began, in milliseconds: what other programs of the
 * machine took, and no fault of what is measured. 0 where the system does not tell.
 */
export const waited = () => (tells ? Number(readFileSync(SCHEDSTAT, 'latin1').split(' ')[1]) / 1e6 : 0)

const SAMPLE = 5 // milliseconds between two looks at the event loop

/** How late the event loop of this thread is, sample by sample, without the turns that other programs had. */
export class LoopDelay {
  #late = []
  #walls = []
  #timer

  start() {
    let last = performance.now()
    let others = waited()
    this.#timer = setInterval(() => {
      const now = performance.now()
      const wait = waited()
      const wall = Math.max(now - last - SAMPLE, 0)
      this.#walls.push(wall)
      this.#late.push(Math.max(wall - (wait - others), 0))
      last = now
      others = wait
    }, SAMPLE)
  }

  /** Ends it, and gives p50, p99 and the greatest: without other programs' turns, and with them. */
  stop() {
    clearInterval(this.#timer)
    const three = (times) => [0.5, 0.99, 1].map((q) => at(times, q))
    return { late: three(sorted(this.#late)), wall: three(sorted(this.#walls)) }
  }
}

/** Runs `lane` side by side until each has ended. */
export const lanes = (count, lane) => Promise.all(Array.from({ length: count }, (_, i) => lane(i)))

/** Numbers below a limit that look random and are the same in each run. */
export class Dice {
  #state

  constructor(seed = 1) {
    this.#state = seed
  }

  below(limit) {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) >>> 0
    return (this.#state >>> 8) % limit
  }

  /** One of these. */
  of(choices) {
    return choices[this.below(choices.length)]
  }
}
