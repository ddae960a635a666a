import type { Command, Option } from 'commander'
import { define, type AddCommand, type Run } from '../session/command.ts'
import { UsageError } from '../session/usage_error.ts'

/**
 * Makes `netx completion`, which prints what a shell needs to complete the commands and options that netx
 * has.
 */
export const completion: AddCommand = (program: Command, run: Run) => {
  define({
    name: 'completion',
    summary: 'print completions for bash, zsh or fish',
    description: 'Prints a script by which a shell completes the commands and options of netx.',
    argument: ['<shell>', 'bash, zsh or fish'],
    options: () => [],
    timeout: 'how long it may take',
    examples: [
      ['source <(netx completion bash)', 'completes in this bash; in ~/.bashrc, in every one'],
      ['netx completion fish > ~/.config/fish/completions/netx.fish', 'completes in every fish'],
    ],
    notes:
      'zsh takes the script as a file _netx in a directory of $fpath, or by source <(netx completion zsh).',
    async work(session, [shell = '']) {
      const script = scripts.get(shell)
      if (script === undefined) throw new UsageError('completion wants bash, zsh or fish')
      const text = script(program.commands)
      await session.write(Buffer.from(text))
    },
  })(program, run)
}

const scripts = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

function bash(commands: readonly Command[]): string {
  const cases = commands.map(
    (command) => `    ${command.name()}) words='${command.options.map(flagOf).join(' ')}' ;;`,
  )
  return `_netx() {
  local words current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if ((COMP_CWORD == 1)); then
    words='${commands.map((command) => command.name()).join(' ')} help'
  elif [[ $current != -* ]]; then
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _netx netx
`
}

function zsh(commands: readonly Command[]): string {
  const names = commands.map((command) => `    ${quoted(`${command.name()}:${command.summary()}`)}`)
  const cases = commands.map((command) => {
    const options = command.options.map((option) => ` \\\n        ${quoted(argumentOf(option))}`)
    return `    ${command.name()})\n      _arguments${options.join('')} \\\n        '*:file:_files' ;;`
  })
  return `#compdef netx
_netx() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _netx netx
`
}

function argumentOf(option: Option): string {
  const meaning = option.description.replace(/[[\]:\\]/g, '\\$&')
  return `${flagOf(option)}[${meaning}]${takesValue(option) ? ':value:_files' : ''}`
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c netx -n __fish_use_subcommand -f -a ${command.name()} -d ${quoted(command.summary())}`,
    ...command.options.map((option) => {
      const when = quoted(`__fish_seen_subcommand_from ${command.name()}`)
      const value = takesValue(option) ? ' -r' : ''
      return `complete -c netx -n ${when} -l ${flagOf(option).slice(2)}${value} -d ${quoted(option.description)}`
    }),
  ])
  return `${lines.join('\n')}\n`
}

function flagOf(option: Option): string {
  return option.long ?? option.flags
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
