import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../release/run.mjs'

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */

/** Where wine has its Windows and its server's socket, in a folder of this run, and says nothing of its own. @param {string} dir @returns {[name: string, value: string][]} */
function windowsOf(dir) {
  return [
    ['WINEPREFIX', join(dir, 'windows')],
    ['WINEDEBUG', '-all'],
    ['TMPDIR', dir],
  ]
}

/** Whether a program is on the PATH. @param {string} program */
function isInstalled(program) {
  return (process.env.PATH ?? '').split(':').some((dir) => existsSync(join(dir, program)))
}

/** A word of a shell's command line. @param {string} word */
function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** What npm brings or has brought, by folder: two rows may share a runtime. @type {Map<string, Promise<unknown>>} */
const brought = new Map()

/** Installs an npm package into a folder of its own, also one for another machine, once. @param {string} spec @param {string} home */
function bring(spec, home) {
  const bringing = brought.get(home) ?? npmInstall(spec, home)
  brought.set(home, bringing)
  return bringing
}

/** @param {string} spec @param {string} home */
async function npmInstall(spec, home) {
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
  const flags = [
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--no-progress',
    '--force',
    '--prefer-offline',
  ]
  await mustRun('npm', ['install', ...flags, spec], home)
}

/** Makes a Windows that says it is Windows 10, older ones being too old for Node. @param {string} dir */
async function makeWindows(dir) {
  await inWindows(dir, 'wine', 'winecfg', '-v', 'win10')
}

/** Ends what still runs in that Windows. @param {string} dir */
export async function endWindows(dir) {
  if (!existsSync(join(dir, 'windows'))) return
  await inWindows(dir, 'wineserver', '-k').catch(() => {
    // It fails when nothing runs there any more, which is what is wanted.
  })
}

/** @param {string} dir @param {string[]} command */
async function inWindows(dir, ...command) {
  const variables = windowsOf(dir).map(([name, value]) => `${name}=${value}`)
  await mustRun('env', [...variables, ...command], dir)
}

/**
 * Gets a runtime and gives a program that starts it, as one file, so that a child process can be started like this one; or a
 * sentence that says what is missing.
 * @param {Runtime} runtime @param {string} dir a folder for what npm and wine bring
 * @returns {Promise<{ program: string, args: string[] } | string>}
 */
export async function install({ name, from, file, before = [], args, prefix = false }, dir) {
  const [machine] = before
  if (machine !== undefined && !isInstalled(machine)) return `${machine} is not installed here`
  if (from === undefined || file === undefined) return { program: process.execPath, args }
  const home = join(dir, from.replace(/[^\w.-]+/g, '_'))
  try {
    await bring(from, home)
  } catch (e) {
    return `npm has no ${from} here: ${String(e).split('\n')[1] ?? String(e)}`
  }
  const program = join(home, 'node_modules', file)
  if (!existsSync(program)) return `${from} has no build for this machine`
  if (before.length === 0) return { program, args }
  if (prefix) {
    try {
      await makeWindows(dir)
    } catch (e) {
      return `wine does not start here: ${String(e).split('\n')[1] ?? String(e)}`
    }
  }
  const starter = join(dir, name.replace(/\W+/g, '_'))
  const variables = (prefix ? windowsOf(dir) : []).map(([variable, value]) => `${variable}=${value}`)
  const words = ['env', ...variables, ...before, program].map(quoted).join(' ')
  writeFileSync(starter, `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(starter, 0o755)
  return { program: starter, args }
}
