// The library at work: our servers and clients with programs that are not ours, every byte compared.
import { mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinHostPort, Net } from '@net/core'
import { hosted, posix } from '@net/posix'
import * as echo from './echo.mjs'
import * as http from './http.mjs'
import { runStep } from './step.mjs'
import { tableLine } from './table.mjs'

const ipv6 = Object.values(networkInterfaces()).some((addrs) => addrs?.some((a) => a.address === '::1'))

/** @param {4 | 6} version @param {Net} net @returns {import('./step.mjs').Step[]} */
function internetSteps(version, net) {
  const [host, tcp, udp] =
    version === 4
      ? /** @type {const} */ (['127.0.0.1', 'tcp4', 'udp4'])
      : /** @type {const} */ (['::1', 'tcp6', 'udp6'])
  const any = joinHostPort(host, 0)
  return [
    {
      network: tcp,
      what: "our listener, Node's http server; Node's http client",
      run: () => http.serveNode(net, tcp, any),
    },
    {
      network: tcp,
      what: "our listener, Node's http server; curl",
      run: () => http.serveCurl(net, tcp, any),
    },
    {
      network: tcp,
      what: "Node's http client over our agent; Node's own http server",
      run: () => http.dialNode(net, tcp, host),
    },
    {
      network: tcp,
      what: "our connection; Node's own echo server",
      run: () => echo.dialNode(net, tcp, host),
    },
    { network: tcp, what: "our echo server; Node's own socket", run: () => echo.serveNode(net, tcp, host) },
    { network: tcp, what: 'a connection that nobody takes is refused', run: () => echo.refused(net, host) },
    {
      network: udp,
      what: "our packets; Node's own dgram echo server",
      run: () => echo.dialDatagrams(net, udp, host),
    },
    {
      network: udp,
      what: "our packet echo server; Node's own dgram socket",
      run: () => echo.serveDatagrams(net, udp, host),
    },
  ]
}

/** @param {string} dir @param {Net} net @returns {import('./step.mjs').Step[]} */
function unixSteps(dir, net) {
  const path = (/** @type {string} */ name) => join(dir, `${net.target.name}-${name}`)
  const network = 'unix'
  return [
    {
      network,
      what: "our listener, Node's http server; Node's http client",
      run: () => http.serveNode(net, network, path('a')),
    },
    {
      network,
      what: "our listener, Node's http server; curl",
      run: () => http.serveCurl(net, network, path('b')),
    },
    {
      network,
      what: "Node's http client over our agent; Node's own http server",
      run: () => http.dialNode(net, network, path('c')),
    },
  ]
}

/** The stacks of this system. */
function targets() {
  try {
    return [posix(), hosted()]
  } catch (e) {
    console.log(`posix is left out: ${e instanceof Error ? e.message : String(e)}\n`)
    return [hosted()]
  }
}

const dir = await mkdtemp(join(tmpdir(), 'net-demo-'))
let wrong = 0
let steps = 0
try {
  if (!ipv6) console.log('IPv6 is left out: this system has no ::1\n')
  console.log(tableLine(['target', 'network', 'what was done', 'bytes', 'time', 'result']))
  for (const target of targets()) {
    const net = new Net(target)
    for (const step of [
      ...internetSteps(4, net),
      ...(ipv6 ? internetSteps(6, net) : []),
      ...unixSteps(dir, net),
    ]) {
      const result = await runStep(target.name, step)
      steps++
      if (result.wrong) wrong++
      const bytes = result.bytes === null ? '-' : result.bytes.toLocaleString('en-US')
      const time = `${result.milliseconds.toFixed(1)} ms`
      console.log(tableLine([result.target, result.network, result.what, bytes, time, result.ok]))
    }
  }
} finally {
  await rm(dir, { recursive: true })
}
console.log(wrong === 0 ? `\nAll ${steps} went well.` : `\n${wrong} of ${steps} went wrong.`)
process.exitCode = wrong === 0 ? 0 : 1
