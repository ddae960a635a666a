// Writes to the system's log, as logger(1) does: a datagram to a Unix socket, which node:dgram has not. node syslog.mjs backup 'all is well'
//
// A third argument is another socket than /dev/log. The priority is user.notice.
import { dial } from '@net/core'
import { argumentsOf } from './command.mjs'

const [tag, message, socket = '/dev/log'] = argumentsOf('syslog.mjs tag message [socket]', 2, 3)
const [USER, NOTICE] = [1, 5] // facility and severity of RFC 3164

/** The time as RFC 3164 has it: 'Nov  9 08:07:06'. @param {Date} t */
function stamp(t) {
  const month = t.toLocaleString('en-US', { month: 'short' })
  return `${month} ${String(t.getDate()).padStart(2)} ${t.toTimeString().slice(0, 8)}`
}

const conn = await dial('unixgram', socket)
await conn.write(new TextEncoder().encode(`<${USER * 8 + NOTICE}>${stamp(new Date())} ${tag}: ${message}`))
await conn.close()
