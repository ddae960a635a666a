import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readManifest, readPackages, root } from '../workspace.mjs'

/**
 * What a release raises. Siblings depend on each other by `workspace:^`, which a release writes as a caret range, and
 * a dependant needs a release of its own exactly when its sibling's new version leaves that range:
 * `^0.1.0` holds 0.1.1 but not 0.2.0, `^1.0.0` holds 1.1.0 but not 2.0.0.
 */

const packages = readPackages()
let scratch = ''

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'net-changesets-'))
})
afterEach(() => {
  rmSync(scratch, { recursive: true })
})

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: scratch })
}

/** A git repository that holds the workspace's manifests, every package at one version and no changeset pending. */
function copyWorkspace(version: string): void {
  const files = [
    'package.json',
    'pnpm-workspace.yaml',
    '.changeset/config.json',
    'tools/release/changelog.mjs',
  ]
  for (const file of files) {
    cpSync(join(root, file), join(scratch, file), { recursive: true })
  }
  for (const p of packages) {
    const dir = join(scratch, 'packages', p.short)
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...p.manifest, version }, null, 2))
  }
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'))
  writeFileSync(join(scratch, '.gitignore'), 'node_modules\n')
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'manifests')
}

/** Runs `changeset version` with one pending changeset and tells which packages it raised, and to what. */
function release(name: string, bump: 'patch' | 'minor' | 'major', from: string): Record<string, string> {
  copyWorkspace(from)
  writeFileSync(join(scratch, '.changeset/change.md'), `---\n'${name}': ${bump}\n---\n\nA change to see.\n`)
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: scratch,
  })
  expect(existsSync(join(scratch, '.changeset/change.md'))).toBe(false)
  const raised: Record<string, string> = {}
  for (const p of packages) {
    const { version } = readManifest(join(scratch, 'packages', p.short, 'package.json'))
    if (version !== from) raised[p.name] = version
  }
  return raised
}

/** What the release wrote into a package's changelog. */
function changelog(short: string): string {
  return readFileSync(join(scratch, 'packages', short, 'CHANGELOG.md'), 'utf8')
}

/** Those that depend on a package directly. */
function dependants(name: string): string[] {
  return packages.filter((p) => p.manifest.dependencies?.[name] !== undefined).map((p) => p.name)
}

function all(names: string[], version: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, version]))
}

test('a patch of @net/addr raises @net/addr alone: its dependants already allow it', () => {
  expect(release('@net/addr', 'patch', '0.1.0')).toEqual({ '@net/addr': '0.1.1' })
  expect(changelog('addr')).toMatch(/\n- A change to see\.\n$/)
})

test('a minor of @net/addr below 1.0 leaves ^0.1.0, so those that depend on it get a patch', () => {
  const needing = dependants('@net/addr')
  expect(needing).toContain('@net/contract')
  expect(release('@net/addr', 'minor', '0.1.0')).toEqual({ '@net/addr': '0.2.0', ...all(needing, '0.1.1') })
  // cli reaches addr only through core, whose patch its range allows.
  expect(needing).not.toContain('@net/cli')
  expect(changelog('contract')).toMatch(/\n- Works with @net\/addr@0\.2\.0\.\n$/)
})

test('a minor of @net/addr from 1.0 on raises @net/addr alone', () => {
  expect(release('@net/addr', 'minor', '1.0.0')).toEqual({ '@net/addr': '1.1.0' })
})

test('a major of @net/addr gives those that depend on it a patch, and no more', () => {
  const expected = { '@net/addr': '2.0.0', ...all(dependants('@net/addr'), '1.0.1') }
  expect(release('@net/addr', 'major', '1.0.0')).toEqual(expected)
})

test('a minor of @net/posix raises core and cli beside it and leaves the other targets alone', () => {
  const raised = { '@net/posix': '0.2.0', '@net/core': '0.1.1', '@net/cli': '0.1.1' }
  expect(release('@net/posix', 'minor', '0.1.0')).toEqual(raised)
})

test('a minor of @net/cli, on which nothing depends, raises @net/cli alone', () => {
  expect(release('@net/cli', 'minor', '0.1.0')).toEqual({ '@net/cli': '0.2.0' })
})

test('a patch of @net/addr at 0.0.x leaves ^0.0.x, so those that depend on it get a patch', () => {
  const raised = release('@net/addr', 'patch', '0.0.1')
  expect(raised).toMatchObject({ '@net/addr': '0.0.2', ...all(dependants('@net/addr'), '0.0.2') })
})

test('a first release tells of no sibling', () => {
  release('@net/addr', 'minor', '0.0.0')
  expect(changelog('addr')).toContain('## 0.1.0')
  expect(changelog('contract')).not.toContain('@net/addr')
})
