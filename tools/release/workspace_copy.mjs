import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './run.mjs'
import { readPackages, root } from './workspace.mjs'

/** Where a package manager has nothing of its own. */
const caches = /\/node_modules\/\.(cache|vite)/

/** The workspace in a folder and a git repository of its own, where it can be released without a trace in this one. */
export class WorkspaceCopy {
  /** @param {string} dir */
  constructor(dir) {
    this.dir = dir
  }

  /** Copies what git knows of the workspace as it is, and what was built. @param {string} dir a folder to make */
  static async make(dir) {
    const listed = await mustRun(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      root,
    )
    for (const file of listed.split('\0').filter((name) => name !== '')) {
      if (existsSync(join(root, file))) cpSync(join(root, file), join(dir, file))
    }
    for (const p of readPackages()) {
      for (const part of ['dist', 'node_modules']) {
        const from = join(p.dir, part)
        if (!existsSync(from)) continue
        const filter = (/** @type {string} */ path) => !caches.test(path)
        const to = join(dir, 'packages', p.short, part)
        cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter })
      }
    }
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    const copy = new WorkspaceCopy(dir)
    await copy.git('init', '--quiet', '--initial-branch', 'main')
    await copy.git('config', 'user.name', 'rehearsal')
    await copy.git('config', 'user.email', 'rehearsal@localhost')
    await copy.commit('the workspace')
    return copy
  }

  /** @param {string[]} args @returns {Promise<string>} what it printed */
  git(...args) {
    return mustRun('git', args, this.dir)
  }

  /** Commits what has changed, be it nothing. @param {string} message */
  async commit(message) {
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', message)
  }

  /** Describes a change of one package. @param {string} name @param {'patch' | 'minor'} bump */
  change(name, bump) {
    const text = `---\n'${name}': ${bump}\n---\n\nA rehearsed change.\n`
    writeFileSync(join(this.dir, '.changeset/rehearsed.md'), text)
  }

  /** Turns the pending changesets into versions and publishes what the registry has not, as a release does. */
  async release() {
    const changeset = join(root, 'node_modules/@changesets/cli/bin.js')
    await mustRun(process.execPath, [changeset, 'version'], this.dir)
    await this.commit('versions')
    await mustRun(process.execPath, [changeset, 'publish'], this.dir)
  }

  /** The tags that releases made. */
  async tags() {
    return (await this.git('tag')).trim().split('\n')
  }
}
