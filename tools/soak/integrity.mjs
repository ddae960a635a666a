// Bytes through calls that are interrupted and calls that move less than they were asked to: none is lost, doubled or
// out of its place. A small library that stands before the C library makes the faults.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mib } from './figures.mjs'
import { Peer } from './process.mjs'

const FAULTS = fileURLToPath(new URL('process/faults.c', import.meta.url))

export const soak = {
  sentence: 'bytes arrive as they were sent, whatever calls are cut short or interrupted',
  bound: { short: 120, full: 3600 },
  async run({ short }) {
    const bytes = short ? 2 ** 27 : 10 * 2 ** 30
    const dir = mkdtempSync(join(tmpdir(), 'net-faults-'))
    const library = join(dir, 'faults.so')
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, FAULTS, '-ldl'])
    try {
      const start = performance.now()
      const env = { ...process.env, LD_PRELOAD: library }
      const peer = await Peer.start('integrity', [String(bytes)], { env })
      const seconds = (performance.now() - start) / 1000
      const moved = Object.entries(peer.first).map(([way, n]) => `${mib(n)} by ${way}`)
      return {
        good: true,
        figures: `${moved.join(', ')}, ${(bytes / 2 ** 20 / seconds).toFixed(0)} MiB a second`,
      }
    } finally {
      rmSync(dir, { recursive: true })
    }
  },
}
