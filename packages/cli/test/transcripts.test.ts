import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Running } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bin } from './running.ts'

const pages = ['../README.md', '../../../docs/guide/plan9.md'].map((page) =>
  fileURLToPath(new URL(page, import.meta.url)),
)
const [readme = ''] = pages

// A network of its own, in which every port is free and nobody is reached.
const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
const enclosed = ['--net', ...user, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

function canEnclose(): boolean {
  try {
    execFileSync('unshare', [...enclosed, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-transcripts-'))
  writeFileSync(join(dir, 'netx'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
  chmodSync(join(dir, 'netx'), 0o755)
  const [topology = ''] = /(?<=^```json\n)[^]*?(?=^```$)/m.exec(readFileSync(readme, 'utf8')) ?? []
  writeFileSync(join(dir, 'topology.json'), topology)
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

/** What commands that serve say last before they wait. */
const servings: readonly (readonly [words: RegExp, said: RegExp])[] = [
  [/netx forward/, /forwarding .*\n/],
  [/netx sim/, /exporting \/net of server .*\n/],
  [/netx (?:import|export)/, /sessions?, .*\n/],
]

/**
 * Runs the commands of a transcript, the lines that begin with '$ ', and gives it with what they print now.
 */
async function again(transcript: string): Promise<string> {
  const path = `PATH=${dir}:${process.env.PATH ?? ''}`
  await using shell = new Running('unshare', ...enclosed, 'env', '-C', dir, path, 'bash', '--norc')
  const run = async (line: string, end: RegExp): Promise<string> => {
    shell.text = ''
    shell.child.stdin?.write(`${line}\n`)
    await shell.printed(end)
    return shell.text
  }
  await run('exec 2>&1; echo END', /END\n$/)
  const lines: string[] = []
  for (const line of transcript.split('\n').filter((each) => each.startsWith('$ '))) {
    const command = line.slice(2)
    lines.push(line)
    // What serves in the background has said all when it shows where; other commands, when they have ended.
    if (command.endsWith(' &')) {
      const [, serving] = servings.find(([words]) => words.test(command)) ?? [null, /listening on .*\n/]
      lines.push((await run(command, serving)).trimEnd())
    } else {
      const said = await run(`{ ${command}; } < /dev/null; echo END`, /END\n$/)
      // On a busy machine the ten seconds pass after which an export that serves in the background tells how it stands.
      lines.push(said.replace(/END\n$|^\d+ sessions?, .* written\n/gm, '').trimEnd())
    }
  }
  shell.child.stdin?.end('kill $(jobs -p); wait\n')
  await shell.closed
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .replaceAll(dir, '/tmp')
    .replace(/(?<=127\.0\.0\.1:)\d{5}/g, '43210') // a port that the kernel has chosen
    .replace(/\d+\.\d{3} ms/g, '0.123 ms')
    .replace(/[\d.]+\/[\d.]+\/[\d.]+(?= ms)/, '0.123/0.123/0.123')
}

describe.skipIf(!canEnclose())('which needs unshare; vitest -u writes them anew', () => {
  test.each(pages)(
    'the transcripts of %s are what netx prints',
    async (file) => {
      let page = readFileSync(file, 'utf8')
      const blocks = [...page.matchAll(/(?<=^```console\n)[^]*?(?=\n```$)/gm)].map(([block]) => block)
      expect(blocks.length).toBeGreaterThan(0)
      for (const block of blocks) page = page.replace(block, await again(block))
      await expect(page).toMatchFileSnapshot(file)
    },
    300_000,
  ) // a program for each line, which a busy machine takes seconds to start
})
