// The eleven parts of nettest, over and over, on every type of connection.
import { collect, ledger, testConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { lanes } from './figures.mjs'
import { NETTEST } from './nettest.mjs'
import { connectionTypes } from './pairs.mjs'

const DATAGRAMS = 6 // of the parts hold for what may be lost
const LANES = 32
const LIMIT = 600_000 // milliseconds that a part may take beside 31 others on a busy machine

/** The parts for one type of connection. */
function partsOf({ label, options, make }) {
  const all = collect()
  const pair = async () => {
    const [c1, c2] = await make()
    return { c1, c2, stop: () => Promise.all([c1.close(), c2.close()]) }
  }
  testConn(all, pair, { ...options, limit: LIMIT })
  const parts = all.parts.filter(({ name }) => NETTEST.some((part) => name.startsWith(`${label}: ${part}:`)))
  const want = options.kind === 'datagram' ? DATAGRAMS : NETTEST.length
  if (parts.length !== want) throw new Error(`${label} has ${parts.length} of nettest's parts, not ${want}`)
  return parts
}

export const soak = {
  sentence: 'nettest’s parts hold each time on every type of connection, and leave nothing open',
  bound: { short: 120, full: 7200 },
  async run({ short }) {
    const times = short ? 1 : 1000
    const { types, stop } = await connectionTypes()
    const check = ledger(keepLeaks())
    const parts = types.flatMap(partsOf)
    const failures = new Map()
    let done = 0
    await lanes(LANES, async () => {
      while (done < times * parts.length) {
        const { name, fn } = parts[done++ % parts.length]
        await fn().catch((e) => failures.set(name, [...(failures.get(name) ?? []), e.message]))
      }
    })
    await check()
    await stop()
    for (const [name, messages] of failures) console.log(`${messages.length} times ${name}: ${messages[0]}`)
    const failed = [...failures.values()].reduce((n, messages) => n + messages.length, 0)
    return {
      good: failed === 0,
      figures: `${parts.length} parts on ${types.length} types of connection, ${times} times each: ${failed} failed, nothing left open`,
    }
  },
}
