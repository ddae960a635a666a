// The contract's suite over the kernel's sockets and over the host's, run by node:test from the packed packages.
import { test } from 'node:test'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { testConn } from '@net/contract/suite'
import { hosted, posix } from '@net/posix'

/** @typedef {import('@net/contract').Target} Target */
/** @typedef {import('@net/contract').Listener} Listener */

/** @param {Listener} listener @param {Promise<import('@net/contract').Conn>} dialled */
async function pair(listener, dialled) {
  const [c1, c2] = await Promise.all([dialled, listener.accept()])
  const stop = async () => {
    await Promise.all([c1.close(), c2.close(), listener.close()])
  }
  return { c1, c2, stop }
}

/** @param {Target} target */
async function tcpPair(target) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  return pair(listener, target.dialTCP('tcp', null, listener.addr))
}

/** @param {Target} target */
async function unixPair(target) {
  const listener = await target.listenUnix(
    'unix',
    new UnixAddr(`net-release-${process.pid}-${count++}.sock`, 'unix'),
  )
  return pair(listener, target.dialUnix('unix', null, listener.addr))
}

let count = 0

for (const target of [posix(), hosted()]) {
  testConn({ test }, () => tcpPair(target), { label: `${target.name} tcp`, network: 'tcp', halfClose: true })
  testConn({ test }, () => unixPair(target), {
    label: `${target.name} unix`,
    network: 'unix',
    halfClose: true,
  })
}
