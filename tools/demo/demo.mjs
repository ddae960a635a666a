// The library at work: our servers and clients with programs that are not ours, every byte compared, by the same code over
// the kernel's sockets, the host's, a Plan 9 /net in this process, over 9P and over 9P over TLS, and a simulated host.
import { mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinHostPort } from '@net/core'
import * as echo from './echo.mjs'
import * as http from './http.mjs'
import { lookups } from './names.mjs'
import { bringUp } from './stacks.mjs'
import { runStep } from './step.mjs'
import { tableLine } from './table.mjs'

/** @typedef {import('@net/core').Net} Net */
/** @typedef {import('./stacks.mjs').Stack} Stack */
/** @typedef {import('./outside.mjs').Outside} Outside */

/**
 * A line of the table: what every stack does.
 * @typedef {object} Line
 * @property {string} network What is talked over.
 * @property {string} what What is done.
 * @property {(net: Net, outside: Outside, name: string) => Promise<number | string>} run Does it: the bytes that went, or why it cannot be done.
 */

const ipv6 = Object.values(networkInterfaces()).some((addrs) => addrs?.some((a) => a.address === '::1'))

/** @param {4 | 6} version @returns {Line[]} */
function internetLines(version) {
  const [host, tcp, udp] =
    version === 4
      ? /** @type {const} */ (['127.0.0.1', 'tcp4', 'udp4'])
      : /** @type {const} */ (['::1', 'tcp6', 'udp6'])
  const any = joinHostPort(host, 0)
  return [
    {
      network: tcp,
      what: "our listener, Node's http server; Node's http client",
      run: (net, outside) => http.serveNode(net, tcp, any, outside),
    },
    {
      network: tcp,
      what: "our listener, Node's http server; curl",
      run: (net, outside) => http.serveCurl(net, tcp, any, outside),
    },
    {
      network: tcp,
      what: "Node's http client over our agent; Node's http server",
      run: (net, outside) => http.dialNode(net, tcp, host, outside),
    },
    {
      network: tcp,
      what: "our connection; Node's own echo server",
      run: (net, outside) => echo.dialNode(net, tcp, host, outside),
    },
    {
      network: tcp,
      what: "our echo server; Node's own socket",
      run: (net, outside) => echo.serveNode(net, tcp, host, outside),
    },
    {
      network: tcp,
      what: 'a connection that nobody takes is refused',
      run: (net) => echo.refused(net, host),
    },
    {
      network: udp,
      what: "our packets; Node's own dgram echo server",
      run: (net) => echo.dialDatagrams(net, udp, host),
    },
    {
      network: udp,
      what: "our packet echo server; Node's own dgram socket",
      run: (net) => echo.serveDatagrams(net, udp, host),
    },
  ]
}

/** @param {string} dir @returns {Line[]} */
function unixLines(dir) {
  const path = (/** @type {string} */ name, /** @type {string} */ file) => join(dir, `${name}-${file}`)
  const network = 'unix'
  return [
    {
      network,
      what: "our listener, Node's http server; Node's http client",
      run: (net, outside, name) => http.serveNode(net, network, path(name, 'a'), outside),
    },
    {
      network,
      what: "our listener, Node's http server; curl",
      run: (net, outside, name) => http.serveCurl(net, network, path(name, 'b'), outside),
    },
    {
      network,
      what: "Node's http client over our agent; Node's http server",
      run: (net, outside, name) => http.dialNode(net, network, path(name, 'c'), outside),
    },
  ]
}

/** What is said below the table: why a cell is no time. @type {Set<string>} */
const notes = new Set()
let wrong = 0
let steps = 0

/** Does a line on one stack and gives the cell. @param {Line} line @param {Stack} stack */
async function cell({ network, what, run }, { name, net, unix, outside }) {
  const isThere = network === 'unix' ? unix : outside.datagrams || !network.startsWith('udp')
  if (!isThere) return { text: '-', bytes: null }
  const result = await runStep(name, { network, what, run: () => run(net, outside, name) })
  steps++
  if (result.wrong) wrong++
  if (result.ok !== 'ok')
    notes.add(`${result.wrong ? 'WRONG: ' : ''}${name}, ${network}, ${what}: ${result.ok}`)
  const time = `${result.milliseconds.toFixed(1)} ms`
  return { text: result.wrong ? 'WRONG' : result.ok === 'ok' ? time : 'skipped', bytes: result.bytes }
}

const dir = await mkdtemp(join(tmpdir(), 'net-demo-'))
try {
  if (!ipv6) console.log('IPv6 is left out: this system has no ::1\n')
  const { stacks, close } = await bringUp(dir)
  try {
    const names = stacks.map(({ name }) => name)
    console.log(tableLine(['', 'what was done', 'bytes'], names))
    const lines = [...internetLines(4), ...(ipv6 ? internetLines(6) : []), ...unixLines(dir)]
    for (const line of [...lines, { network: 'names', what: 'hosts and services', run: lookups }]) {
      const cells = []
      for (const stack of stacks) cells.push(await cell(line, stack))
      const bytes = cells.find((c) => c.bytes !== null)?.bytes ?? null
      const size = bytes === null || bytes === 0 ? '-' : bytes.toLocaleString('en-US')
      console.log(
        tableLine(
          [line.network, line.what, size],
          cells.map(({ text }) => text),
        ),
      )
    }
  } finally {
    const left = await close()
    if (left > 0) notes.add(`WRONG: ${left} conversations were left over`)
    if (left > 0) wrong++
  }
} finally {
  await rm(dir, { recursive: true })
}
console.log(
  '\n/net: a Plan 9 network tree in this process; 9P: imported over a Unix socket; TLS: over TLS on TCP; sim: a simulated host',
)
for (const note of notes) console.log(note)
console.log(wrong === 0 ? `\nAll ${steps} went well.` : `\n${wrong} of ${steps} went wrong.`)
process.exitCode = wrong === 0 ? 0 : 1
