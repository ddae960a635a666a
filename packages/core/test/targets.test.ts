import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { OpError, type TargetGroups } from '@net/contract'
import { copyingSendfileGroup } from '@net/io'
import * as plan9Package from '@net/plan9'
import * as posix from '@net/posix'
import { describe, expect, test } from 'vitest'
import { targetOf, targets, type Row, type TargetName } from '../src/index.ts'
import { row as darwin } from '../src/targets/darwin.ts'
import { row as freebsd } from '../src/targets/freebsd.ts'
import { row as linux } from '../src/targets/linux.ts'
import { row as openbsd } from '../src/targets/openbsd.ts'
import { row as plan9 } from '../src/targets/plan9.ts'
import { row as windows } from '../src/targets/windows.ts'
import { targetsPage } from '../targets_page.mjs'
import { rejection } from './vectors.ts'

const rows: Readonly<Record<TargetName, () => Row>> = { linux, darwin, freebsd, openbsd, windows, plan9 }
const names = Object.keys(rows) as TargetName[]
const groups = Object.keys(targets.linux) as (keyof TargetGroups)[]
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface GoFiles {
  readonly targets: Readonly<Record<string, readonly string[]>>
}

// Which of the seed's files holds a group on a target: the one named after the group.
const { targets: seed } = JSON.parse(
  readFileSync(here('../../../test-data/vectors/gofiles.json'), 'utf8'),
) as GoFiles

function seedFiles(target: TargetName, group: string): string[] {
  return (seed[target] ?? []).filter((file) => file === `${group}.go` || file.startsWith(`${group}_`))
}

describe.each(names)('targets.%s', (name) => {
  const row = rows[name]()

  test('is the row of its name', () => {
    expect(row.name).toBe(name)
    expect(targetOf(row).name).toBe(name)
    expect(Object.keys(row).sort()).toEqual([...groups, 'name'].sort())
  })

  test.each(groups)('says truly where %s comes from', async (group) => {
    const supply = targets[name][group]
    if (supply.from === '@net/posix') {
      expect(supply.refuses).toBeUndefined()
      expect(Object.values(posix)).toContain(row[group])
      return
    }
    if (supply.from === '@net/plan9') {
      expect(supply.refuses).toBeUndefined()
      expect(codeOf(row[group])).toEqual(codeOf(plan9Groups[group]))
      return
    }
    if (supply.from === '@net/io') {
      expect(supply.refuses).toBeUndefined()
      expect(row[group]).toBe(copyingSendfileGroup)
      return
    }
    expect(supply.from).toBe('@net/stubs')
    for (const [method, f] of Object.entries<(...args: never[]) => unknown>({ ...row[group] })) {
      expect(await refusal(method, f)).toBe(supply.refuses)
    }
  })

  test.each(groups)("has %s where the seed's Makefile has it", (group) => {
    const files = seedFiles(name, group)
    // On plan9 nothing sends files.
    if (name === 'plan9' && group === 'sendfile') return expect(files).toEqual([])
    expect(files.length, files.join(' ')).toBeGreaterThan(0)
    const { from, refuses } = targets[name][group]
    if (name === 'plan9') {
      for (const file of files) expect(file).toMatch(/_(plan9|stub)\.go$/)
      expect(from).not.toBe('@net/posix')
    } else if (name === 'windows') {
      for (const file of files) expect(file).toMatch(/_(windows|posix)\.go$/)
      // The seed's own refusals on windows: descriptors.
      if (group === 'file') expect(refuses).toBe('EWINDOWS')
    } else if (group === 'sendfile' && name !== 'linux') {
      // The seed copies there, and so does the package.
      expect(files).toEqual(['sendfile_stub.go'])
    } else {
      for (const file of files) expect(file).not.toMatch(/_(plan9|windows|stub)\.go$/)
    }
  })
})

const tree = plan9Package.osNet('/net')
const plan9Groups: Partial<Record<keyof TargetGroups, object>> = {
  interface: plan9Package.plan9InterfaceGroup(tree),
  ipsock: plan9Package.plan9IPSockGroup,
  lookup: plan9Package.plan9LookupGroup(tree),
  tcpsock: plan9Package.plan9TCPSockGroup(tree),
  udpsock: plan9Package.plan9UDPSockGroup(tree),
}

/** The functions of a group as text: those of two groups over two trees are the same. */
function codeOf(group: object = {}): [string, string][] {
  return Object.entries<unknown>({ ...group }).map(([method, f]) => [method, String(f)])
}

async function refusal(method: string, f: (...args: never[]) => unknown): Promise<unknown> {
  const call = f as (network: string, laddr: null, raddr: null) => Promise<unknown>
  const e = await rejection(call('tcp', null, null))
  const { code } = e instanceof OpError ? e : (e.cause as { code?: string })
  return code ?? `${method} has no code`
}

test('targets have all that the groups of linux, darwin, freebsd and openbsd share', () => {
  expect(targets.darwin).toEqual(targets.linux)
  expect(targets.freebsd).toEqual(targets.linux)
  expect(targets.openbsd).toEqual(targets.linux)
})

test('docs/targets.md is what targets say', () => {
  expect(readFileSync(here('../../../docs/targets.md'), 'utf8')).toBe(targetsPage(targets))
})

describe('the import condition', () => {
  const script = `
    import { defaultNet, dial } from '@net/core'
    const { target } = defaultNet()
    const error = await dial('tcp', '127.0.0.1:1').then(() => null, (e) => e.message)
    const { readFileSync } = await import('node:fs')
    const maps = readFileSync('/proc/self/maps', 'utf8')
    console.log(JSON.stringify({ name: target.name, error, koffi: maps.includes('koffi') }))
  `

  async function run(...conditions: string[]): Promise<unknown> {
    const args = conditions.flatMap((c) => ['-C', c])
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...args, '--input-type=module', '-e', script],
      { cwd: here('..'), env: { ...process.env, PLAN9_NET: here('no_such_net') } },
    )
    return JSON.parse(stdout)
  }

  const refused = 'dial tcp 127.0.0.1:1: connect: connection refused'

  test.each(['linux', 'darwin', 'freebsd', 'openbsd', 'windows', 'plan9'])(
    '%s chooses that target',
    async (name) => {
      const expected = {
        linux: { error: refused, koffi: true },
        windows: { error: refused, koffi: false },
        plan9: { error: 'dial tcp 127.0.0.1:1: no such file or directory', koffi: false },
      }[name]
      expect(await run(name)).toMatchObject({ name, ...expected })
    },
  )

  test('is not needed on a system that is a target', async () => {
    expect(await run()).toEqual({ name: process.platform, error: refused, koffi: true })
  })

  test.each(['windows', 'plan9'])('%s loads no file of another target', async (name) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '-C',
        name,
        '--experimental-loader',
        here('loaded.mjs'),
        '--no-warnings',
        '--input-type=module',
        '-e',
        "import '@net/core'",
      ],
      { cwd: here('..') },
    )
    const files = stdout.split('\n').filter((url) => url.includes('core/dist/targets/'))
    expect(files.map((url) => url.replace(/.*\//, ''))).toEqual([`${name}.js`])
  })
})

test('importing @net/core loads neither koffi nor sockets', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `await import('@net/core')
       const { readFileSync } = await import('node:fs')
       const maps = readFileSync('/proc/self/maps', 'utf8')
       console.log(maps.includes('koffi'), process.getActiveResourcesInfo().filter((r) => /Wrap/.test(r)).length)`,
    ],
    { cwd: here('..') },
  )
  expect(stdout.trim()).toBe('false 0')
})
