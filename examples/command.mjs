// What examples that are called with arguments share: how they say how they are called, fail, and stop. It is no example itself.
import { basename } from 'node:path'

// An error of the network, of a refused port or a wrong address, is a line and no stack: the program is not to blame.
process.once('uncaughtException', (e) => {
  console.error(`${basename(process.argv[1] ?? '')}: ${e.message}`)
  process.exit(1)
})

/**
 * Says how a program is called, and ends it with 2.
 * @param {string} form what is called, and its arguments: 'echo_server.mjs [address]'
 * @returns {never}
 */
export function misused(form) {
  console.error(`usage: node ${form}`)
  process.exit(2)
}

/**
 * The arguments. Where there are fewer or more than there should be, the program is {@link misused}.
 * @param {string} form
 * @param {number} least
 * @param {number} [most] absent: as many as `least`
 * @returns {string[]}
 */
export function argumentsOf(form, least, most = least) {
  const args = process.argv.slice(2)
  if (args.length < least || args.length > most || args.some((arg) => arg.startsWith('-'))) misused(form)
  return args
}

/**
 * Calls `stop` when the process is asked to end; a second time it ends at once.
 * @param {() => unknown} stop
 */
export function whenAsked(stop) {
  const signals = ['SIGINT', 'SIGTERM']
  const asked = () => {
    for (const signal of signals) process.off(signal, asked)
    stop()
  }
  for (const signal of signals) process.on(signal, asked)
}
