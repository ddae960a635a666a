// One measurement: the sides it starts, how long it takes, and what the measured side uses meanwhile.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { availableParallelism } from 'node:os'
import { Side } from './side.mjs'
import { countCalls, processorTime } from './usage.mjs'

/** Milliseconds of a measurement in a full run: short, as many rounds tell more than long ones. */
export const FULL = 70

/** Whether sides can be put on cores: a second one has to be there for the other side. */
export const canPin = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0 && availableParallelism() > 1

/**
 * How much longer than a measurement the time before it lasts, in which runtimes compile what they run often: with one operation
 * after the other, with many at once, of which as many end in less time, and with one that passes several processes, or shares its core.
 */
const WARM = { one: 6, many: 3, far: 12 }

export class Round {
  /** Milliseconds that a measurement lasts, where time limits it. */
  ms
  #load
  #counts
  #sides = []
  #directory

  /** `load`: the program of the neutral sides. `directory`: where its files may be. `counts`: system calls are what is asked for, and times mean nothing. */
  constructor({ ms, load, directory, counts = false }) {
    this.ms = ms
    this.#directory = mkdtempSync(join(directory, 'round-'))
    this.#load = load
    this.#counts = counts
  }

  /** Milliseconds that a program works before it is measured: one that was compiled before its start only fills its caches. */
  warmMs({ compiled = false }, underWay = 'one') {
    return this.ms * (compiled ? 1 : WARM[underWay])
  }

  /** A name for a file that goes with the measurement. */
  path(name) {
    return join(this.#directory, name)
  }

  /** How many of what a full run does `n` of; in a shorter one fewer. */
  count(n) {
    return Math.ceil(n * Math.min(this.ms / FULL, 1))
  }

  /** Starts a program in a role. `core`: the only one it may use; null is any. `before`: a command that runs it. */
  async start({ command, env }, args, { core = null, before = [] } = {}) {
    const pin = core === null ? [] : ['taskset', '-c', core]
    const side = await Side.start(`its ${args[0]}`, [...before, ...pin, ...command, ...args], env)
    this.#sides.push(side)
    return side
  }

  /** Starts a neutral side. */
  load(args, options) {
    return this.start({ command: [this.#load] }, args, options)
  }

  /**
   * Lets `work` go on. Gives its answer, and what the side used meanwhile: microseconds of processor time, and
   * how many system calls where those are asked for.
   */
  async measure(side, work) {
    if (this.#counts) return { cpu: NaN, ...(await countCalls(side.pid, work)) }
    const before = processorTime(side.pid)
    const answer = await work()
    return { answer, cpu: processorTime(side.pid) - before, calls: NaN }
  }

  /** Ends all sides. */
  async end() {
    await Promise.all(this.#sides.map((side) => side.end()))
    rmSync(this.#directory, { recursive: true })
  }
}
