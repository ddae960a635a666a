// The implementations that can be measured on this machine, and the program that loads them.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const peer = (name) => here(`peers/${name}.mjs`)

/** What `program --version` says first, or null where there is no such program. */
function versionOf(program, flag = '--version') {
  const { error, status, stdout } = spawnSync(program, [flag], { encoding: 'utf8' })
  return error === undefined && status === 0 ? stdout.split('\n')[0].trim() : null
}

/** A program of a machine: what a variable of the environment names, else that of the path; null where neither is. */
function found(name, flag) {
  const path = process.env[`BENCH_${name.toUpperCase()}`] ?? name
  const version = versionOf(path, flag)
  return version === null ? null : { path, version }
}

/** Runs a script with this Node. */
export const script = (name, env) => ({ command: [process.execPath, peer(name)], env })

const fromFloor = (name) => ({ command: [process.execPath, here(`floor/${name}.mjs`)] })
const minimal = fromFloor('minimal')

/** The programs that do nothing but what cannot be left out, by which the floor of the others is known, and a draft that leaves waiting to io_uring. */
export const floor = [
  { name: 'calls alone', own: false, ...minimal },
  { name: 'calls in Node’s loop', own: false, ...minimal, env: { FLOOR_LOOP: '1' } },
  { name: 'io_uring', own: false, ...fromFloor('ring') },
  { name: 'a walk over the characters', own: false, ...fromFloor('walk') },
]

/**
 * Finds what is here, and compiles what has to be. Gives the implementations, the neutral load, the versions of all of
 * it, a line for each that is absent, and the directory of all that is made for the run.
 */
export function findPrograms() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const absent = []
  const versions = [`Node ${process.versions.node}`]
  const programs = [
    { name: 'node:*', own: false, ...script('node') },
    { name: 'ours', own: true, ...script('ours') },
    { name: 'ours hosted', own: true, ...script('hosted') },
  ]
  const look = (name, program, flag, add) => {
    const tool = found(program, flag)
    if (tool === null) {
      absent.push(
        `Without ${name}: no \`${program}\` on the path, and none in BENCH_${program.toUpperCase()}.`,
      )
      return
    }
    versions.push(tool.version)
    add(tool.path)
  }
  const compileC = (cc, name) => {
    const out = join(directory, name)
    execFileSync(cc, ['-O2', '-pthread', '-o', out, here(`c/${name}.c`)])
    return out
  }
  let load = null
  look('Go', 'go', 'version', (go) => {
    const out = join(directory, 'go')
    const env = {
      ...process.env,
      CGO_ENABLED: '0',
      GO111MODULE: 'off',
      GOCACHE: here('node_modules/.cache/go'),
      GOFLAGS: '',
    }
    execFileSync(go, ['build', '-o', out, here('go/main.go')], { env })
    programs.push({ name: 'Go', own: false, compiled: true, command: [out] })
  })
  look('Bun', 'bun', '--version', (bun) => {
    versions[versions.length - 1] = `Bun ${versions.at(-1)}`
    programs.push({ name: 'Bun', own: false, command: [bun, peer('bun')] })
  })
  look('Deno', 'deno', '--version', (deno) => {
    // What npm installs as deno is a program that starts it, and would be measured in its place.
    const itself = execFileSync(deno, ['eval', 'console.log(Deno.execPath())'], { encoding: 'utf8' })
    programs.push({
      name: 'Deno',
      own: false,
      command: [itself.trim(), 'run', '--allow-all', '--unstable-net', '--no-config', peer('deno')],
    })
  })
  look('C', 'cc', '--version', (cc) => {
    load = compileC(cc, 'load')
    programs.push({ name: 'C epoll', own: false, compiled: true, command: [compileC(cc, 'epoll')] })
  })
  return { programs, load, versions, absent, directory }
}
