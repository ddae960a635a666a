// Bytes that nobody would send: to an export of 9P, to a client of 9P, to a resolver. Their ledgers balance afterwards:
// each session has ended, each request and each lookup has come to an end, and nothing is left open.
import { lanes, Dice } from './figures.mjs'
import { fuzzClient, fuzzExport } from './fuzz/ninep.mjs'
import { fuzzResolver } from './fuzz/resolver.mjs'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'

const LANES = 16
const FUZZERS = { 'sessions of an export': fuzzExport, 'clients of 9P': fuzzClient, lookups: fuzzResolver }

export const soak = {
  sentence: 'whatever bytes come, each request, session and lookup ends and leaves nothing',
  bound: { short: 120, full: 1800 },
  async run({ short }) {
    const rounds = short ? 100 : 10_000
    const seed = Date.now() % 2 ** 31
    console.log(`seed ${seed}`)
    const figures = []
    const wrongs = []
    for (const [name, start] of Object.entries(FUZZERS)) {
      const warm = await start()
      await warm.round(new Dice(seed))
      await warm.stop()
      const check = ledger(keepLeaks())
      const fuzzer = await start()
      let begun = 0
      await lanes(LANES, async () => {
        while (begun < rounds) {
          const dice = new Dice(seed + begun++)
          await fuzzer.round(dice)
        }
      })
      wrongs.push(...(await fuzzer.stop()))
      await check()
      figures.push(`${rounds} ${name} (${fuzzer.tells()})`)
    }
    for (const wrong of new Set(wrongs)) console.log(wrong)
    return {
      good: wrongs.length === 0,
      figures: `${figures.join(', ')}, ${wrongs.length} ledgers off; nothing left open`,
    }
  },
}
