import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { siblingsOf } from './needs.mjs'
import { mustRun } from './run.mjs'
import { root } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

/** Packages whose types have to do without Node's. */
const withoutNodeTypes = ['@net/addr', '@net/udp-header']

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

/**
 * Makes a fresh project with one dependency, the package's tarball, and installs it with npm. Its siblings come from
 * their tarballs, everything else from the registry or npm's cache.
 * @param {Package} p @param {Package[]} all @param {Map<string, string>} tarballs by package name
 * @param {string} dir
 */
export async function makeConsumer(p, all, tarballs, dir) {
  const file = (/** @type {string} */ name) => `file:${tarballs.get(name)}`
  mkdirSync(dir)
  writeJSON(join(dir, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { [p.name]: file(p.name) },
    overrides: Object.fromEntries(siblingsOf(p, all).map((name) => [name, file(name)])),
  })
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress']
  await mustRun('npm', ['install', ...flags], dir)
  for (const kind of scriptKinds) {
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
 * @param {Package} p @param {string} dir @param {'nodenext' | 'bundler'} resolution
 */
export async function typeCheck(p, dir, resolution) {
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
      ...scriptKinds.filter((kind) => scriptOf(kind, p) !== null).map((kind) => `${kind}.mjs`),
    ],
  })
  await mustRun(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', config], dir)
}
