import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './run.mjs'

/** The registry that is started, of one version, from npm. */
const server = 'verdaccio@6.8.0'

/** Starts the server on a port of its own, says which, and ends when its parent lets go of it. */
const starter = `
import { runServer } from 'verdaccio'
const server = await runServer('./config.yaml')
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('disconnect', () => process.exit())
`

/** What a registry has of one version of a package. @typedef {{ version: string, dependencies: Record<string, string> }} Published */

/** A registry of packages on this machine, which ends with this process at the latest. */
export class Registry {
  #process

  /** @param {import('node:child_process').ChildProcess} process @param {string} url where it is, with a slash at the end */
  constructor(process, url) {
    this.#process = process
    this.url = url
  }

  /**
   * Starts an empty one, to which anybody may publish packages of ours; all others it asks of the registry that npm is set up
   * for, and so of ours when `released` says that some are there.
   * @param {string} dir a folder to make @param {{ released: boolean }} options
   */
  static async start(dir, { released }) {
    mkdirSync(dir)
    const npm = { npm: { url: (await mustRun('npm', ['config', 'get', 'registry'], dir)).trim() } }
    const config = {
      storage: join(dir, 'storage'),
      auth: { htpasswd: { file: join(dir, 'htpasswd') } },
      uplinks: npm,
      packages: {
        '@net/*': { access: '$all', publish: '$all', ...(released ? { proxy: 'npm' } : {}) },
        '**': { access: '$all', proxy: 'npm' },
      },
      max_body_size: '100mb',
      log: { type: 'file', path: join(dir, 'log'), level: 'warn' },
    }
    // What is JSON is YAML, too.
    writeFileSync(join(dir, 'config.yaml'), JSON.stringify(config))
    // It asks for node-fetch by a tag, which a mirror of npm's registry may not have.
    const manifest = { private: true, type: 'module', overrides: { 'node-fetch': '2.7.0' } }
    writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(dir, 'start.mjs'), starter)
    const flags = ['--no-audit', '--no-fund', '--no-progress', '--ignore-scripts', '--prefer-offline']
    await mustRun('npm', ['install', ...flags, server], dir)
    const child = spawn(process.execPath, ['start.mjs'], {
      cwd: dir,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const [port] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error(`${server} does not start`))),
    ])
    return new Registry(child, `http://127.0.0.1:${port}/`)
  }

  /** The latest version of a package, or null when there is none. @param {string} name @returns {Promise<Published | null>} */
  async latest(name) {
    const response = await fetch(this.url + name.replace('/', '%2f'))
    if (response.status === 404) return null
    if (!response.ok) throw new Error(`the registry answers ${response.status} for ${name}`)
    const { versions, 'dist-tags': tags } =
      /** @type {{ versions: Record<string, Partial<Published>>, 'dist-tags': { latest: string } }} */ (
        await response.json()
      )
    const { version = tags.latest, dependencies = {} } = versions[tags.latest] ?? {}
    return { version, dependencies }
  }

  async close() {
    const gone = once(this.#process, 'exit')
    this.#process.disconnect()
    await gone
  }
}
