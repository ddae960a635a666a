import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../release/run.mjs'

/** What the kernel's target alone has. */
const KERNEL = 'epoll_create1'

/**
 * Has `bun build` make one file of a program, and tells which stack Node runs it over: alone, where the packages that it was
 * made of are gone, and with them and koffi beside it. A bundle for one target may hold nothing of another.
 * @param {string} bun @param {'esm' | 'cjs'} format @param {string} dir a project of its own, with the packages
 * @returns {Promise<string>}
 */
export async function bundledEcho(bun, format, dir) {
  const file = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`
  const build = ['build', 'bundled.mjs', '--target=node', `--format=${format}`]
  await mustRun(bun, [...build, '--conditions=windows', `--outfile=${file}`], dir)
  if (readFileSync(join(dir, file), 'utf8').includes(KERNEL)) throw new Error(`Error: windows has ${KERNEL}`)
  await mustRun(bun, [...build, `--outfile=${file}`], dir)
  const run = async () => (await mustRun(process.execPath, [file], dir)).trim()
  const [modules, away] = [join(dir, 'node_modules'), join(dir, 'away')]
  renameSync(modules, away)
  const alone = await run()
  renameSync(away, modules)
  return `over ${await run()}, without koffi over ${alone}`
}
