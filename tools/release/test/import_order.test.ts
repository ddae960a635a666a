import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findCycle, hasString, importsOf, packageOf } from '../imports.mjs'
import { readPackages, root, sourceFiles } from '../workspace.mjs'

/**
 * Who may import whom. Arrows go up this table only. A target package (posix, plan9, netfs) never imports another
 * one, nor core.
 */
const mayImport: Record<string, readonly string[]> = {
  '@net/addr': [],
  '@net/contract': ['@net/addr'],
  '@net/udp-header': ['@net/addr'],
  '@net/io': ['@net/addr', '@net/contract'],
  '@net/stubs': ['@net/addr', '@net/contract'],
  '@net/node': ['@net/addr', '@net/contract', '@net/io', '@net/stubs'],
  '@net/resolve': ['@net/addr', '@net/contract', '@net/io'],
  '@net/posix': ['@net/addr', '@net/contract', '@net/io', '@net/resolve', '@net/stubs', 'koffi'],
  '@net/9p': ['@net/contract', '@net/io'],
  '@net/plan9': [
    '@net/addr',
    '@net/contract',
    '@net/io',
    '@net/udp-header',
    '@net/resolve',
    '@net/stubs',
    '@net/9p',
  ],
  '@net/netfs': [
    '@net/addr',
    '@net/contract',
    '@net/io',
    '@net/node',
    '@net/resolve',
    '@net/stubs',
    '@net/9p',
    '@net/udp-header',
  ],
  '@net/core': [
    '@net/addr',
    '@net/contract',
    '@net/io',
    '@net/node',
    '@net/udp-header',
    '@net/stubs',
    '@net/resolve',
    '@net/posix',
    '@net/9p',
    '@net/plan9',
    '@net/netfs',
  ],
  '@net/cli': ['@net/core', '@net/io', '@net/node', 'commander'],
}

const packages = readPackages()

test('the table of who may import whom names every package, and has no cycle', () => {
  expect(packages.map((p) => p.name).sort()).toEqual(Object.keys(mayImport).sort())
  expect(findCycle(new Map(Object.entries(mayImport).map(([k, v]) => [k, [...v]])))).toBeNull()
})

test('koffi is named by one source file, under posix/src/ffi', () => {
  const files = packages.flatMap(sourceFiles).filter((file) => hasString(file, 'koffi'))
  const named = files.map((file) => relative(root, file))
  expect(named.length, named.join(', ')).toBeLessThanOrEqual(1)
  for (const file of named) expect(file).toMatch(/^packages\/posix\/src\/ffi\//)
})

test('@net/9p knows no network: it imports nothing of the host, and no addresses', () => {
  const files = packages.filter((p) => p.name === '@net/9p').flatMap(sourceFiles)
  const imports = files.flatMap(importsOf).filter((x) => !x.specifier.startsWith('.'))
  expect(files.length).toBeGreaterThan(0)
  expect(imports.filter((x) => !x.typeOnly && !['@net/io', '@net/contract'].includes(x.specifier))).toEqual(
    [],
  )
})

describe.each(packages)('$name', (p) => {
  const allowed = mayImport[p.name] ?? []
  const declared = Object.keys({ ...p.manifest.dependencies, ...p.manifest.optionalDependencies })
  const files = sourceFiles(p)
  const imports = files.flatMap((file) =>
    importsOf(file).map((x) => ({ ...x, file, where: `${relative(root, file)} imports ${x.specifier}` })),
  )
  const outside = imports.filter((x) => !/^[.#]/.test(x.specifier) && !isBuiltin(x.specifier))

  test('declares only dependencies its place in the order allows', () => {
    expect(declared.filter((name) => !allowed.includes(name))).toEqual([])
    expect(Object.keys(p.manifest.peerDependencies ?? {})).toEqual([])
  })

  test('asks for its siblings by workspace:^ and for outside packages by an exact version', () => {
    for (const [name, range] of Object.entries(p.manifest.dependencies ?? {})) {
      expect(range, name).toMatch(name.startsWith('@net/') ? /^workspace:\^$/ : /^\d+\.\d+\.\d+$/)
    }
  })

  test('imports only packages below it that it declares', () => {
    const wrong = outside.filter((x) => {
      const name = packageOf(x.specifier)
      return name !== p.name && !(allowed.includes(name) && declared.includes(name))
    })
    expect(wrong.map((x) => x.where)).toEqual([])
  })

  test('keeps relative imports inside its own src and spelled with .ts', () => {
    const wrong = imports.filter((x) => {
      if (!x.specifier.startsWith('.')) return false
      const target = join(dirname(x.file), x.specifier)
      return !target.startsWith(join(p.dir, 'src')) || !/\.m?ts$/.test(target) || !existsSync(target)
    })
    expect(wrong.map((x) => x.where)).toEqual([])
  })

  test('maps every # import in its package.json', () => {
    const mapped = Object.keys(p.manifest.imports ?? {})
    const wrong = imports.filter((x) => x.specifier.startsWith('#') && !mapped.includes(x.specifier))
    expect(wrong.map((x) => x.where)).toEqual([])
  })

  test('has no import cycle between its files', () => {
    const graph = new Map<string, string[]>()
    for (const file of files) graph.set(relative(root, file), [])
    for (const { file, specifier } of imports) {
      if (specifier.startsWith('.')) {
        graph.get(relative(root, file))?.push(relative(root, join(dirname(file), specifier)))
      }
    }
    expect(findCycle(graph)?.join(' -> ') ?? null).toBeNull()
  })

  test('names its files in lower case with underscores, by what they hold', () => {
    const wrong = files
      .map((file) => relative(join(p.dir, 'src'), file))
      .filter(
        (file) => !/^([a-z0-9_]+\/)*[a-z0-9_]+\.ts$/.test(file) || /\b(utils?|helpers?|types)\b/.test(file),
      )
    expect(wrong).toEqual([])
  })
})
