// The contract's suite over a /net in this process and over one that is exported on a Unix socket, run by node:test from the
// packed packages. @net/netfs and @net/posix serve it.
import { after, test } from 'node:test'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { streamPair, testConn, testTarget } from '@net/contract/suite'
import { embeddedNet, exportNet } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { posix } from '@net/posix'

/** @typedef {import('@net/contract').Target} Target */

const kernel = posix()
const at = new UnixAddr('net.sock', 'unix') // in the working directory, which is a folder of this run's own
const served = exportNet(kernel, await kernel.listenUnix('unix', at))
const imported = await importNet(await kernel.dialUnix('unix', null, at))
const embedded = embeddedNet(kernel)

after(async () => {
  await Promise.all([imported.close(), embedded.close()])
  await served.close()
})

/** @param {Target} target */
async function tcpPair(target) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  return streamPair(listener, target.dialTCP('tcp', null, listener.addr))
}

for (const [label, net] of /** @type {const} */ ([
  ['embedded', embedded],
  ['over 9P', imported],
])) {
  const target = plan9({ net })
  testConn({ test }, () => tcpPair(target), {
    label: `${label} tcp`,
    network: 'tcp',
    halfClose: false,
    byteStreams: true,
  })
  testTarget({ test }, target, {
    label,
    tcp4: true,
    udp4: true,
    interfaces: true,
    lookups: true,
    halfClose: false,
  })
}
