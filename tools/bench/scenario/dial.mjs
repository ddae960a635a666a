// A measured client that dials and closes.
import { coldAndWarm, coldAndWarmFigures } from './cold_and_warm.mjs'
import { each } from './contestants.mjs'

const FIRST = 2000
const BEFORE = 6000

async function dial(round, program, atOnce) {
  const server = await round.load(['accept'])
  const client = await round.start(program, ['dial', server.ready.port, atOnce])
  return coldAndWarm(round, client, FIRST, BEFORE)
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [1, 50].map((atOnce) => ({
    id: `dial/${atOnce}`,
    title: `Dial and close, ${atOnce} at once`,
    note: `TCP over loopback: the first ${FIRST} of a process, and ${FIRST / 2} after ${BEFORE}; time, processor time and system calls of one.`,
    figures: coldAndWarmFigures,
    base: 'node:*',
    contestants: each(programs, (round, program) => dial(round, program, atOnce)),
  }))
}
