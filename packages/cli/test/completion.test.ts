import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered } from './finished.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-completion-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

const pathOf = (shell: string): string | undefined =>
  ['/usr/bin', '/bin', '/usr/local/bin'].map((place) => join(place, shell)).find(existsSync)

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await answered('completion', shell)
  expect([code, stderr]).toEqual([0, ''])
  const file = join(dir, `netx.${shell}`)
  writeFileSync(file, stdout)
  return file
}

const ask = (command: string, ...args: string[]): string[] =>
  execFileSync(command, args, { encoding: 'utf8', env: { HOME: dir, PATH: process.env.PATH, TERM: 'dumb' } })
    .split('\n')
    .filter((line) => line !== '')

test.skipIf(pathOf('bash') === undefined)(
  'netx completion bash completes commands and options (which needs bash)',
  async () => {
    const file = await scriptFor('bash')
    const completed = (...words: string[]): string[] =>
      ask(
        'bash',
        '-c',
        'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _netx; printf "%s\\n" "${COMPREPLY[@]}"',
        file,
        ...words,
      )
    expect(completed('netx', 'li')).toEqual(['listen'])
    expect(completed('netx', '')).toEqual(expect.arrayContaining(['dial', 'help', 'completion']))
    expect(completed('netx', 'listen', '--k')).toEqual(['--keep', '--key'])
    expect(completed('netx', 'listen', 'tc')).toEqual([])
    expect(ask('bash', '-c', 'source "$0"; complete -p netx', file)).toEqual([
      'complete -o default -F _netx netx',
    ])
  },
)

test.skipIf(pathOf('fish') === undefined)(
  'netx completion fish completes commands and options (which needs fish)',
  async () => {
    const file = await scriptFor('fish')
    const completed = (line: string): string[] => ask('fish', '-c', `source ${file}; complete -C '${line}'`)
    expect(completed('netx li')).toEqual(['listen\ttake a connection and talk to it, or print packets'])
    expect(completed('netx export --de')).toEqual([
      '--deny\tdeny clients what the rule names; may be given again',
    ])
  },
)

test.skipIf(pathOf('zsh') === undefined)(
  'netx completion zsh completes commands and options (which needs zsh)',
  async () => {
    const file = await scriptFor('zsh')
    // A terminal within zsh, in which keys are typed.
    const completed = (line: string): string =>
      ask(
        'zsh',
        '-fc',
        `zmodload zsh/zpty
      zpty shell 'PS1="<ready>" exec zsh -fi'
      zpty -w shell 'autoload -Uz compinit; compinit -u -D; source ${file}; bindkey "^T" complete-word; print LOADED'
      zpty -r shell said '*LOADED*LOADED*<ready>*'
      zpty -w -n shell '${line}'$'\\C-t\\C-a\\C-k'
      zpty -w shell 'print DONE'
      zpty -r shell said '*DONE*'
      print -r -- $said`,
      ).join('')
    expect(completed('netx li')).toContain('netx listen')
    expect(completed('netx export --den')).toContain('--deny')
  },
)

test('netx completion wants a shell that it knows', async () => {
  expect(await answered('completion', 'csh')).toMatchObject({ code: 2, stdout: '' })
})
