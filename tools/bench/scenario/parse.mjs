// Reading IP addresses: 1000 different ones of each family, the same for all.
import { writeFileSync } from 'node:fs'
import { script } from '../programs.mjs'
import { median } from '../stats.mjs'
import { each } from './contestants.mjs'

const TIMES = 20 // that all addresses are read
const SLICES = 3 // of which the median counts, as one that is interrupted says nothing of parsing
const WARM_UP = 50 // as many slices before, as compilers take what is called often for more than what lasts long
const LIBRARY_WARM_UP = 1 // as other libraries take much longer for an address

/** Numbers that are the same in every run (mulberry32). */
function generator(seed) {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}

/** 1000 addresses of each family; of IPv6 three quarters whole, one quarter with '::'. */
function addresses() {
  const random = generator(1)
  const group = () => random(65536).toString(16)
  const v4 = Array.from({ length: 1000 }, () => Array.from({ length: 4 }, () => random(256)).join('.'))
  const v6 = Array.from({ length: 1000 }, (_, i) =>
    i % 4 === 0 ? `2001:db8::${group()}:${group()}` : Array.from({ length: 8 }, group).join(':'),
  )
  return { v4, v6 }
}

async function parse(round, program) {
  const figures = {}
  for (const [family, texts] of Object.entries(addresses())) {
    const path = round.path(family)
    writeFileSync(path, `${texts.join('\n')}\n`)
    const side = await round.start(program, ['parse', path, ...(program.library ?? [])])
    const slice = async () => (await side.ask(round.count(TIMES))).ns
    const before = program.library === undefined ? WARM_UP : LIBRARY_WARM_UP
    for (let i = 0; i < before; i++) await slice()
    const seen = []
    for (let i = 0; i < SLICES; i++) seen.push(await slice())
    figures[family] = median(seen)
  }
  return figures
}

/** The rows, for these programs. */
export function rows({ programs }) {
  const libraries = ['ipaddr.js', 'ip-address'].map((name) => ({
    name,
    own: false,
    library: [name],
    ...script('libraries'),
  }))
  const readers = programs.filter(({ name }) => name !== 'ours hosted')
  return [
    {
      id: 'parse',
      title: 'Parsing addresses',
      note: 'One address: parseIP of ours and Go’s, inet_pton of C; isIP of the hosts only checks.',
      figures: ['v4', 'v6'],
      base: 'node:*',
      contestants: each([...readers, ...libraries], parse),
    },
  ]
}
