import { Command, CommanderError } from 'commander'
import { completion } from './command/completion.ts'
import { dial } from './command/dial.ts'
import { exportNetwork } from './command/export.ts'
import { exportStatus } from './command/export_status.ts'
import { following } from './session/following.ts'
import { forward } from './command/forward.ts'
import { importNetwork } from './command/import.ts'
import { interfaces } from './command/interfaces.ts'
import { listen } from './command/listen.ts'
import { ping } from './command/ping.ts'
import { printable } from './session/printable.ts'
import { resolve } from './command/resolve.ts'
import { Session, type SessionOptions } from './session/session.ts'
import { sim } from './command/sim.ts'
import { targets } from './command/targets.ts'
import type { Terminal } from './session/terminal.ts'
import { UsageError } from './session/usage_error.ts'
import { version } from './version.ts'

export type { Terminal } from './session/terminal.ts'

const commands = [
  dial,
  listen,
  resolve,
  interfaces,
  ping,
  forward,
  exportNetwork,
  importNetwork,
  exportStatus,
  sim,
  targets,
  completion,
]

/**
 * Runs netx with its arguments and gives the exit code: 0 when it worked, 1 when the network said no, 2 when
 * it was called wrongly. It takes the terminal's input over and leaves its outputs open; who stops reading
 * the output ends it with 0. It does not reject: what failed is told in `messages`.
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream'
 * import { netx } from '@net/cli'
 *
 * const [input, output, messages] = [new PassThrough(), new PassThrough(), new PassThrough()]
 * const code = await netx(['targets'], { input, output, messages })
 * console.log(code, String(output.read()).includes('windows')) // 0 true
 * ```
 */
export async function netx(args: readonly string[], terminal: Terminal): Promise<number> {
  const { output, messages } = terminal
  let code = 0
  const program = new Command('netx')
    .description('Dials, listens, resolves names, exports, imports and simulates networks.')
    .usage('<command> [options]')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show how it is called')
    .helpCommand('help [command]', 'show how a command is called')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => messages.write(text),
      outputError: (text, write) =>
        write(
          text
            .replace(/^error: /, 'netx: ')
            .split('\n')
            .map(printable)
            .join('\n'),
        ),
    })
    .showHelpAfterError("usage: netx <command> [options]\n'netx help' tells more.")
  const run = async (options: SessionOptions, work: (session: Session) => Promise<void>): Promise<void> => {
    using session = new Session(terminal, options)
    using _trace = session.isTraced ? following(session) : null
    try {
      await session.run(work(session))
    } catch (e) {
      if (e instanceof UsageError) throw e
      session.fail(e)
    }
    if (session.failed) code = 1
  }
  for (const add of commands) add(program, run)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e
    return e.exitCode === 0 ? 0 : 2
  }
}
