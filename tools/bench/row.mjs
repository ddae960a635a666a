// A row of the benchmarks: rounds of all its contestants, one after the other, and what came of them.
import { Round } from './round.mjs'
import { NoSuchRole } from './side.mjs'
import { median, spread } from './stats.mjs'

/**
 * A row. `figures`: the names of what a measurement gives, in the order of the columns. `base`: the contestant that the
 * others are compared with. `refused`: gives why it cannot be run here, or null.
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title
 * @property {string} note
 * @property {string[]} figures
 * @property {string | null} base
 * @property {() => string | null} [refused]
 * @property {Contestant[]} contestants
 *
 * What is measured in a row. `own`: it is ours, and must not get worse.
 * @typedef {object} Contestant
 * @property {string} name
 * @property {boolean} own
 * @property {(round: Round) => Promise<Record<string, number>>} run
 */

/** Milliseconds after which a measurement has hung. */
const PATIENCE = 120_000

/** How much shorter a measurement is in which system calls are counted: strace makes each of them many times as long. */
const COUNTED = 10

async function measure({ run }, options) {
  const round = new Round(options)
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it did not end')), PATIENCE)
  })
  try {
    return await Promise.race([run(round), late])
  } finally {
    clearTimeout(timer)
    await round.end()
  }
}

/** The rounds of a figure, and those of its ratio to the base in the same round. */
function result(rounds, bases, figure) {
  const values = rounds.map((round) => round[figure])
  const ratios = values.map((value, i) => value / bases[i]?.[figure]).filter(Number.isFinite)
  const of = (numbers) => (numbers.length === 0 ? null : { median: median(numbers), spread: spread(numbers) })
  return { value: of(values.filter(Number.isFinite)), ratio: of(ratios) }
}

/** Measures the contestants in turn. Gives the rounds of each that played its part to the end, and why others did not. */
async function measureAll({ contestants, figures }, { rounds, countsCalls, ...options }) {
  const measured = new Map(contestants.map(({ name }) => [name, []]))
  const failures = []
  const attempt = async (contestant, more = {}) => {
    if (!measured.has(contestant.name)) return null
    try {
      return await measure(contestant, { ...options, ...more })
    } catch (e) {
      measured.delete(contestant.name)
      if (!(e instanceof NoSuchRole)) failures.push({ ...contestant, reason: e.message })
      return null
    }
  }
  for (let i = 0; i < rounds; i++) {
    for (let k = 0; k < contestants.length; k++) {
      const contestant = contestants[(i + k) % contestants.length]
      const round = await attempt(contestant)
      if (round !== null) measured.get(contestant.name).push(round)
    }
  }
  for (const contestant of countsCalls && figures.includes('calls') ? contestants : []) {
    const counted = await attempt(contestant, { ms: options.ms / COUNTED, counts: true })
    if (counted !== null) for (const round of measured.get(contestant.name)) round.calls = counted.calls
  }
  return { measured, failures }
}

/**
 * Runs a row. Gives for each contestant that played its part the figures, each with its median and its spread over the
 * rounds: of the value, and of its ratio to the base; and the contestants that failed, with the reason.
 */
export async function runRow(row, options) {
  const { measured, failures } = await measureAll(row, options)
  const { contestants, figures, base } = row
  const results = contestants
    .filter(({ name }) => measured.has(name))
    .map(({ name, own }) => {
      const bases = name === base ? [] : (measured.get(base) ?? [])
      const of = (figure) => result(measured.get(name), bases, figure)
      return { name, own, figures: Object.fromEntries(figures.map((figure) => [figure, of(figure)])) }
    })
  return { results, failures }
}
