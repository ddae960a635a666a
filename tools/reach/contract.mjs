// Runs the contract's suite over every target that this process has, and prints one line of JSON for each: its label, how
// many parts passed, and the parts that failed. The first argument is the program that starts this runtime, which may not be
// the one that this process sees; `short` after it leaves all out but TCP connections.
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { collect, streamPair, testConn, testTarget } from '@net/contract/suite'
import { embeddedNet } from '@net/netfs'
import { plan9 } from '@net/plan9'
import { hosted, posix, posixRefusal } from '@net/posix'

/** @typedef {import('@net/contract').Target} Target */

const onWindows = process.platform === 'win32'
const [starter, extent] = process.argv.slice(2)
const short = extent === 'short'
// A child process has to be started as this one was: an emulator's program cannot run by itself.
if (starter !== undefined && !onWindows) process.execPath = starter
let sockets = 0

/** @param {Target} target */
async function tcpPair(target) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  return streamPair(listener, target.dialTCP('tcp', null, listener.addr))
}

/** @param {Target} target */
async function unixPair(target) {
  // In the working directory, which is a folder of this run's own.
  const listener = await target.listenUnix('unix', new UnixAddr(`${process.pid}.${sockets++}.sock`, 'unix'))
  return streamPair(listener, target.dialUnix('unix', null, listener.addr))
}

/** @param {string} label @param {(t: import('@net/contract/suite').Collection) => void} register */
async function run(label, register) {
  const parts = collect()
  register(parts)
  const failed = await parts.run()
  const failures = failed.map(
    ({ name, error }) => `${name}: ${error instanceof Error ? error.message : error}`,
  )
  console.log(JSON.stringify({ label, passed: parts.parts.length - failed.length, failures }))
}

/** @param {string} name @param {Target} target */
async function ownSockets(name, target) {
  const able = { halfClose: true, byteStreams: true }
  const liveness = {
    script: `
      import { parseIP, TCPAddr } from '@net/addr'
      import { ${name} } from '@net/posix'
      const target = ${name}()
      const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
      const [c1, c2] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
      await listener.close()`,
    execArgv: process.execArgv,
  }
  await run(name, (t) => {
    const tcp = { label: `${name} tcp`, network: 'tcp', ...able }
    testConn(t, () => tcpPair(target), short ? tcp : { ...tcp, liveness })
    if (short) return
    // A named pipe of Windows has no half-close.
    const unix = { label: `${name} unix`, network: 'unix', byteStreams: true, halfClose: !onWindows }
    testConn(t, () => unixPair(target), unix)
    testTarget(t, target, { label: name, tcp4: true, udp4: true, lookups: true })
  })
}

/** @param {Target} under */
async function network(under) {
  const net = embeddedNet(under)
  const target = plan9({ net })
  await run('embedded /net', (t) => {
    testConn(t, () => tcpPair(target), {
      label: '/net tcp',
      network: 'tcp',
      halfClose: false,
      byteStreams: true,
    })
    if (short) return
    testTarget(t, target, { label: '/net', tcp4: true, udp4: true, lookups: true, halfClose: false })
  })
  await net.close()
}

const refusal = posixRefusal()
if (refusal === null) await ownSockets('posix', posix())
else console.log(JSON.stringify({ label: 'posix', refused: refusal.message }))
await ownSockets('hosted', hosted())
await network(refusal === null ? posix() : hosted())
