import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findCycle, hasString, importsOf, packageOf } from '../imports.mjs'
import { readPackages, root, sourceFiles } from '../workspace.mjs'

/**
 * Who may import whom. Arrows go up this table only. A target package (posix, plan9, netfs, sim) never imports another
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
  '@net/sim': ['@net/addr', '@net/contract', '@net/io', '@net/resolve', '@net/stubs', '@sinonjs/fake-timers'],
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
  '@net/cli': [
    '@net/contract',
    '@net/core',
    '@net/io',
    '@net/node',
    '@net/posix',
    '@net/sim',
    '@cfworker/json-schema',
    '@humanwhocodes/momoa',
    'cli-progress',
    'commander',
  ],
}

/**
 * The rooms of the packages that have some, and which of the others each may import. A room is a folder of `src`, or a file in
 * it that a room imports. What else lies in `src` stands above all rooms.
 */
const rooms: Record<string, Record<string, readonly string[]>> = {
  '@net/9p': { wire: [], client: ['wire'], server: ['wire'] },
  '@net/resolve': {
    dns: [],
    files: ['dns'],
    order: ['dns', 'files'],
    client: ['dns', 'files', 'order'],
    lookup: ['dns', 'files', 'order', 'client'],
  },
  '@net/posix': {
    abi: [],
    ffi: ['abi'],
    sys: ['abi', 'ffi'],
    wire: ['abi', 'sys'],
    poll: ['abi', 'ffi', 'sys'],
    fd: ['abi', 'sys', 'wire', 'poll'],
    option: ['abi', 'sys', 'wire', 'fd'],
    interface: ['abi', 'sys', 'wire', 'fd'],
    sock: ['abi', 'sys', 'wire', 'poll', 'fd', 'option', 'interface'],
    hosted: [], // nothing of the kernel's half: a bundle for windows holds no kernel's sockets
    winsock: ['abi', 'ffi', 'sys', 'wire', 'interface', 'hosted'],
  },
  '@net/plan9': {
    file: [],
    tree: ['file'],
    conn: ['file'],
    sock: ['file', 'conn'],
  },
  '@net/netfs': {
    base: [],
    account: ['base'],
    conversation: ['base', 'account'],
    tree: ['base', 'account', 'conversation'],
    serve: ['base', 'account', 'conversation', 'tree'],
  },
  '@net/sim': {
    clock: [],
    dns: [],
    ip: ['clock'],
    see: ['clock', 'ip'],
    link: ['clock', 'ip', 'see'],
    socket: ['clock', 'ip'],
    unix: ['clock', 'socket'],
    tcp: ['clock', 'ip', 'see', 'socket'],
    udp: ['clock', 'ip', 'see', 'socket'],
    raw: ['clock', 'ip', 'socket', 'udp'],
    host: ['clock', 'ip', 'see', 'link', 'socket', 'unix', 'tcp', 'udp', 'raw'],
    network: ['clock', 'dns', 'ip', 'see', 'link', 'socket', 'host'],
  },
  '@net/cli': {
    session: [],
    relay: ['session'],
    proxy: ['session', 'relay'],
    names: ['session'],
    network: ['session'],
    command: ['session', 'relay', 'proxy', 'names', 'network'],
  },
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

  const own = rooms[p.name]
  if (own === undefined) return
  test('has its rooms in order: each imports those that the table names', () => {
    const src = join(p.dir, 'src')
    expect(findCycle(new Map(Object.entries(own).map(([k, v]) => [k, [...v]])))).toBeNull()
    const roomOf = (file: string): string => relative(src, file).split('/')[0] ?? ''
    const folders = new Set(files.filter((file) => dirname(file) !== src).map(roomOf))
    expect([...folders].filter((folder) => !(folder in own))).toEqual([])
    const wrong = imports.filter(({ file, specifier }) => {
      const from = own[roomOf(file)]
      if (from === undefined || !specifier.startsWith('.')) return false
      const to = roomOf(join(dirname(file), specifier))
      return to !== roomOf(file) && !from.includes(to)
    })
    expect(wrong.map((x) => x.where)).toEqual([])
  })
})
