import { spawn } from 'node:child_process'

/** What a finished command left: its exit status and everything it printed. @typedef {{ code: number, output: string }} Result */

/** The environment without what a package manager's script and the workspace add to it. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^npm_(package|lifecycle)_|^npm_(execpath|command|config_user_agent)$|^NODE_(PATH|OPTIONS)$/.test(
          name,
        ),
    ),
  )
}

/**
 * Runs a command to its end, without input.
 * @param {string} command @param {string[]} args @param {string} cwd @returns {Promise<Result>}
 */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
    }
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, output: signal === null ? output : `${output}\nended by ${signal}` })
    })
  })
}

/**
 * Runs a command that has to succeed.
 * @param {string} command @param {string[]} args @param {string} cwd @returns {Promise<string>} what it printed
 */
export async function mustRun(command, args, cwd) {
  const { code, output } = await run(command, args, cwd)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} (exit ${code})\n${output.trim()}`)
  return output
}
