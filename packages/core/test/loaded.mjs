// A loader that prints the address of every module.
import { writeSync } from 'node:fs'

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  writeSync(1, `${url}\n`)
  return nextLoad(url, context)
}
