// The near end of the lines that the driver and its sides say to each other (../side.mjs), for every JavaScript runtime.
import process from 'node:process'
import { createInterface } from 'node:readline'

/** How a process ends whose implementation has no such role. */
const NO_SUCH_ROLE = 2

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)

/**
 * Plays the role that the arguments name. It gives what the driver is to know at first, and how a command (a number) is
 * carried out; the process ends with its input.
 */
export async function play(roles) {
  const [role, ...args] = process.argv.slice(2)
  const part = Object.hasOwn(roles, role) ? await roles[role](...args) : null
  if (part === null) process.exit(NO_SUCH_ROLE)
  say(part.ready ?? {})
  for await (const line of createInterface({ input: process.stdin })) say(await part.command(Number(line)))
  process.exit()
}

/** Does it `count` times, `atOnce` of them under way. Gives the milliseconds of all. */
export async function repeat(count, atOnce, once) {
  const start = performance.now()
  let left = count
  const worker = async () => {
    while (left-- > 0) await once()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { ms: performance.now() - start }
}

/** Sends for so many milliseconds; `some` gives how many it sent. */
export async function sendFor(ms, some) {
  const start = performance.now()
  let sent = 0
  while (performance.now() - start < ms) sent += await some()
  return { sent, ms: performance.now() - start }
}

/** Reads all addresses, so many times. Gives the nanoseconds of one. */
export function parseAll(addresses, times, parse) {
  let hits = 0
  const start = performance.now()
  for (let k = 0; k < times; k++) for (const address of addresses) if (parse(address)) hits++
  const ms = performance.now() - start
  if (hits !== addresses.length * times) throw new Error('an address was not taken for one')
  return { ns: (ms * 1e6) / hits }
}

/** The addresses in a file, one a line; flat strings, as if they had come from outside. */
export async function addressesIn(path) {
  const { readFileSync } = await import('node:fs')
  const lines = readFileSync(path, 'latin1').trimEnd().split('\n')
  return lines.map((line) => Buffer.from(line, 'latin1').toString('latin1'))
}
