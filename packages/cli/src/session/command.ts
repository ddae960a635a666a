import type { Command, Option } from 'commander'
import { milliseconds } from './option.ts'
import type { Session, SessionOptions } from './session.ts'
import { UsageError } from './usage_error.ts'

/** A command of netx: what its help says, and what it does. */
export interface CommandSpec<O extends SessionOptions> {
  readonly name: string
  /** What it does, in a line of the list of commands. */
  readonly summary: string
  /** What it does, in a sentence or two. */
  readonly description: string
  /** Its arguments as commander writes them, '<place...>', and what they are. */
  readonly argument?: readonly [form: string, meaning: string]
  /** Its options, made anew for each call of netx. */
  options(): readonly Option[]
  /** What its `--timeout` limits. */
  readonly timeout: string
  /** What else its help says, before the examples. */
  readonly notes?: string
  /** Lines that can be pasted into a shell as they are, and what they do. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** Does what it does with the arguments and options that were given. */
  work(session: Session, args: readonly string[], options: O): Promise<void>
}

/** Runs the work of a command in a session of its own. */
export type Run = (options: SessionOptions, work: (session: Session) => Promise<void>) => Promise<void>

/** Adds a command to netx. */
export type AddCommand = (program: Command, run: Run) => void

const CODES = `Exit codes:
  0  it worked
  1  the network said no, or the time of --timeout was over; standard error tells
  2  it was called wrongly`

/** Makes a command of what is said about it. */
export function define<O extends SessionOptions>(spec: CommandSpec<O>): AddCommand {
  return (program, run) => {
    const { name, summary, description, argument, notes, examples } = spec
    const command = program.command(name).summary(summary).description(description)
    if (argument !== undefined) command.argument(...argument)
    for (const option of spec.options()) command.addOption(option)
    command
      .option('--timeout <ms>', spec.timeout, milliseconds)
      .option('--json', 'say everything as JSON, one object a line')
      .option('-v, --verbose', 'tell who connects, and how it ends')
      .option('--trace', 'tell of every operation of the network, what it came to and how long it took')
    const lines = examples.map(([line, meaning]) => `  # ${meaning}\n  ${line}`)
    const parts = [...(notes === undefined ? [] : [notes]), `Examples:\n${lines.join('\n')}`, CODES]
    command.addHelpText('after', `\n${parts.join('\n\n')}`)
    command.showHelpAfterError(`usage: netx ${name} ${command.usage()}\n'netx help ${name}' tells more.`)
    command.action(async () => {
      const given = command.opts<O>()
      try {
        await run(given, (session) => spec.work(session, command.args, given))
      } catch (e) {
        if (e instanceof UsageError) command.error(e.message)
        throw e
      }
    })
  }
}
