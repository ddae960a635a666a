import { dial } from './dial.ts'
import type { Terminal } from './exchange.ts'
import { exportNetwork } from './export.ts'
import { importNetwork } from './import.ts'
import { listen } from './listen.ts'
import { resolve } from './resolve.ts'
import { targets } from './targets.ts'
import { usage, UsageError } from './usage.ts'

export type { Terminal } from './exchange.ts'

const commands = new Map([
  ['dial', dial],
  ['listen', listen],
  ['resolve', resolve],
  ['export', exportNetwork],
  ['import', importNetwork],
  ['targets', targets],
])

/**
 * Runs netx with its arguments and gives the exit code: 0 when it worked, 1 when the network said no, 2 when it was
 * called wrongly. It takes the terminal's input over and leaves its outputs open.
 */
export async function netx(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '', ...rest] = args
  if (name === 'help' || name === '--help') {
    terminal.output.write(usage)
    return 0
  }
  try {
    const command = commands.get(name)
    if (command === undefined) throw new UsageError(name === '' ? 'which command?' : `no command ${name}`)
    await command(rest, terminal)
    return 0
  } catch (e) {
    const wrong = e instanceof UsageError || (e instanceof TypeError && 'code' in e)
    terminal.messages.write(`netx: ${e instanceof Error ? e.message : String(e)}\n${wrong ? usage : ''}`)
    return wrong ? 2 : 1
  }
}
