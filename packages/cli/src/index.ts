import { dial } from './dial.ts'
import type { Terminal } from './exchange.ts'
import { exportNetwork } from './export.ts'
import { importNetwork } from './import.ts'
import { interfaces } from './interfaces.ts'
import { listen } from './listen.ts'
import { resolve } from './resolve.ts'
import { targets } from './targets.ts'
import { usage, UsageError } from './usage.ts'
import { version } from './version.ts'

export type { Terminal } from './exchange.ts'

const commands = new Map([
  ['dial', dial],
  ['listen', listen],
  ['resolve', resolve],
  ['interfaces', interfaces],
  ['export', exportNetwork],
  ['import', importNetwork],
  ['targets', targets],
])

const helps = new Set(['help', '--help', '-h'])

/**
 * Runs netx with its arguments and gives the exit code: 0 when it worked, 1 when the network said no, 2 when it was
 * called wrongly. It takes the terminal's input over and leaves its outputs open.
 */
export async function netx(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '', ...rest] = args
  const { output, messages } = terminal
  if (name === 'version' || name === '--version') {
    output.write(`${version()}\n`)
    return 0
  }
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (helps.has(name) || options.some((option) => option === '--help' || option === '-h')) {
    output.write(usage(helps.has(name) ? (rest[0] ?? '') : name))
    return 0
  }
  try {
    const command = commands.get(name)
    if (command === undefined) throw new UsageError(name === '' ? 'which command?' : `no command ${name}`)
    await command(rest, terminal)
    return 0
  } catch (e) {
    const wrong = e instanceof UsageError || (e instanceof TypeError && 'code' in e)
    messages.write(`netx: ${e instanceof Error ? e.message : String(e)}\n${wrong ? usage(name) : ''}`)
    return wrong ? 2 : 1
  }
}
