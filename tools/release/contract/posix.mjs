// The contract's suite over the kernel's sockets and over the host's, run by node:test from the packed packages.
import { test } from 'node:test'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { streamPair, testConn } from '@net/contract/suite'
import { hosted, posix } from '@net/posix'

/** @typedef {import('@net/contract').Target} Target */

/** @param {Target} target */
async function tcpPair(target) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  return streamPair(listener, target.dialTCP('tcp', null, listener.addr))
}

let sockets = 0

/** @param {Target} target */
async function unixPair(target) {
  // In the working directory, which is a folder of this run's own.
  const listener = await target.listenUnix('unix', new UnixAddr(`${sockets++}.sock`, 'unix'))
  return streamPair(listener, target.dialUnix('unix', null, listener.addr))
}

/** What a child process runs to have the same pair. @param {'posix' | 'hosted'} name */
function childTCPPair(name) {
  return `
    import { parseIP, TCPAddr } from '@net/addr'
    import { ${name} } from '@net/posix'
    const target = ${name}()
    const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
    const [c1, c2] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
    await listener.close()`
}

for (const [name, target] of /** @type {const} */ ([
  ['posix', posix()],
  ['hosted', hosted()],
])) {
  const able = { halfClose: true, byteStreams: true }
  const liveness = { script: childTCPPair(name) }
  testConn({ test }, () => tcpPair(target), { label: `${name} tcp`, network: 'tcp', ...able, liveness })
  testConn({ test }, () => unixPair(target), { label: `${name} unix`, network: 'unix', ...able })
}
