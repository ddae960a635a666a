import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered } from './finished.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folders = [
  '.',
  'docs',
  'examples',
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name)),
]
const pages = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-paste-'))
  await mkdir(join(dir, '.config/fish/completions'), { recursive: true }) // an example writes there
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

/** What a bash makes of lines that are typed: the words of each command, none of which is found or run. */
function wordsOf(lines: string, ...options: string[]): string[] {
  const tell = 'command_not_found_handle() { printf -v words "[%s]" "$PLAN9_NET" "$@"; echo "$words" >&3; }\n'
  const { output } = spawnSync('/bin/bash', ['--norc', '--noprofile', ...options], {
    cwd: dir,
    input: `${tell}${lines}\n`,
    encoding: 'utf8',
    env: { PATH: join(dir, 'nothing'), HOME: dir, HISTFILE: '', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  return String(output[3]).trim().split('\n').sort() // commands of a pipeline run side by side
}

/** Checks that an interactive bash, where ! is the history's, takes lines as they are meant. */
function expectPasted(lines: string): void {
  const meant = wordsOf(lines)
  expect(meant[0]).not.toBe('')
  expect(wordsOf(lines, '-i')).toEqual(meant)
}

test('a line with a bare ! shows that history is expanded', () => {
  for (const line of ['netx export unix!$HOME/net', 'netx dial tcp!127.0.0.1!7000', 'netx dial "tcp!a!1"'])
    expect(wordsOf(line, '-i')).not.toEqual(wordsOf(line))
})

/**
 * The lines of a page that one would type: in blocks for a shell, behind a prompt, and commands within the
 * text.
 */
function linesOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  const patterns = [
    /^```(?:sh|bash)\n(.*?)^```$/gms,
    /^\$ (.*)$/gm,
    /`((?:\w+=\S+ )*(?:netx|node|npx) (?:(?!\.\.\.)[^`\n…])+)`/g,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, line = '']) => line)).join('\n')
}

test.each(pages.filter((page) => linesOf(page) !== ''))(
  'the lines of %s can be pasted into an interactive bash',
  (page) => {
    expectPasted(linesOf(page))
  },
)

test.each(['dial', 'listen', 'resolve', 'interfaces', 'export', 'import', 'targets', 'completion'])(
  'the examples of netx help %s can be pasted into an interactive bash',
  async (command) => {
    const { stdout } = await answered('help', command)
    const examples = stdout.slice(stdout.indexOf('Examples:\n'), stdout.indexOf('Exit codes:\n'))
    const lines = examples.split('\n').filter((line) => line.includes('netx '))
    expect(lines).toHaveLength(2)
    const forms = [...stdout.matchAll(/'[^'\s]*![^'\s]*'/g)].map(([form]) => `netx dial ${form}`)
    expectPasted([...lines, ...forms].join('\n'))
  },
)
