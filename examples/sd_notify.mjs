// Tells systemd how a service is, as sd_notify(3) does: a datagram to the Unix socket that NOTIFY_SOCKET names.
//
// node sd_notify.mjs READY=1 'STATUS=serving'. A service says READY=1 when it serves, WATCHDOG=1 in time, STOPPING=1 before it ends.
import { dial } from '@net/core'
import { argumentsOf, misused } from './command.mjs'

const form = 'sd_notify.mjs NAME=value...'
const state = argumentsOf(form, 1, Infinity)
if (!state.every((word) => /^[A-Z_]+=/.test(word))) misused(form)

/**
 * Gives whether there is somebody who wants to know.
 * @param {readonly string[]} words
 */
async function notify(words) {
  const socket = process.env.NOTIFY_SOCKET // '@...' is an abstract name, to systemd and to dial
  if (socket === undefined) return false
  const conn = await dial('unixgram', socket)
  await conn.write(new TextEncoder().encode(words.join('\n')))
  await conn.close()
  return true
}

if (!(await notify(state))) console.log('NOTIFY_SOCKET is not set: nobody wants to know')
