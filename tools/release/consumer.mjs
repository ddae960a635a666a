import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { siblingsOf } from './needs.mjs'
import { mustRun } from './run.mjs'
import { root } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

/** Packages whose types have to do without Node's. */
const withoutNodeTypes = ['@net/addr', '@net/udp-header']

/**
 * What else a package's run of the contract's suite needs: a /net is served by something. That run has a project of its own,
 * so that the package is tried alone first.
 * @type {Record<string, string[]>}
 */
const companions = { '@net/plan9': ['@net/netfs', '@net/posix'] }

/** The kinds of scripts that this folder has for packages. */
const scriptKinds = /** @type {const} */ (['smoke', 'contract'])

/** @param {string} file @param {unknown} value */
function writeJSON(file, value) {
  writeFileSync(file, JSON.stringify(value, null, 2) + '\n')
}

/** What a user may import from a package. @param {Package} p @returns {string[]} */
function entriesOf(p) {
  return Object.keys(p.manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => p.name + path.slice(1))
}

/** A script of this folder for one package, null when there is none. @param {typeof scriptKinds[number]} kind @param {Package} p */
export function scriptOf(kind, p) {
  const file = join(root, 'tools/release', kind, `${p.short}.mjs`)
  return existsSync(file) ? file : null
}

/** The names of the packages that the contract run of one needs beside it. @param {Package} p */
export function companionsOf(p) {
  return companions[p.name] ?? []
}

/** The kinds of scripts that a project has with these packages beside the one that is tried. @param {Package} p @param {string[]} beside */
function kindsOf(p, beside) {
  const alone = companionsOf(p).length === 0
  return scriptKinds.filter((kind) => alone || (kind === 'contract') === beside.length > 0)
}

/**
 * Makes a fresh project with one dependency, the package's tarball, and installs it with npm. Its siblings come from
 * their tarballs, everything else from the registry or npm's cache.
 * @param {Package} p @param {Package[]} all @param {Map<string, string>} tarballs by package name
 * @param {string} dir @param {string[]} [beside] further packages to depend on
 */
export async function makeConsumer(p, all, tarballs, dir, beside = []) {
  const file = (/** @type {string} */ name) => `file:${tarballs.get(name)}`
  const direct = [p, ...all.filter((q) => beside.includes(q.name))]
  const siblings = direct
    .flatMap((q) => siblingsOf(q, all))
    .filter((name) => !direct.some((q) => q.name === name))
  mkdirSync(dir)
  writeJSON(join(dir, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(direct.map(({ name }) => [name, file(name)])),
    overrides: Object.fromEntries(siblings.map((name) => [name, file(name)])),
  })
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress']
  await mustRun('npm', ['install', ...flags], dir)
  for (const kind of kindsOf(p, beside)) {
    const script = scriptOf(kind, p)
    if (script !== null) copyFileSync(script, join(dir, `${kind}.mjs`))
  }
  const names = entriesOf(p).map((entry, i) => `import * as entry${i} from '${entry}'\n`)
  const list = names.map((_, i) => `entry${i}`).join(', ')
  writeFileSync(join(dir, 'consumer.ts'), `${names.join('')}\nexport const entries: object[] = [${list}]\n`)
  writeFileSync(
    join(dir, 'entries.mjs'),
    `${names.join('')}\nconsole.log([${list}].flatMap(Object.keys).length)\n`,
  )
}

/**
 * Type-checks the project's code, smoke test and contract run included, against the installed declarations, which
 * are all checked too.
 * @param {Package} p @param {string} dir @param {'nodenext' | 'bundler'} resolution @param {string[]} [beside]
 */
export async function typeCheck(p, dir, resolution, beside = []) {
  const nodeTypes = !withoutNodeTypes.includes(p.name)
  const config = `tsconfig.${resolution}.json`
  writeJSON(join(dir, config), {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', ...(nodeTypes ? [] : ['DOM'])],
      module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
      moduleResolution: resolution,
      types: nodeTypes ? ['node'] : [],
      typeRoots: [join(root, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      allowJs: true,
      checkJs: true,
      skipLibCheck: false,
    },
    files: [
      'consumer.ts',
      ...kindsOf(p, beside)
        .filter((kind) => scriptOf(kind, p) !== null)
        .map((kind) => `${kind}.mjs`),
    ],
  })
  await mustRun(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', config], dir)
}
