// A server in a process of its own that answers with what it gets, until its parent goes: `node echo_server.mjs [address]`.
// It sends its port, and, asked, what it holds; from 'begin' to 'end' it looks how
// late its event loop is.
import { parseIP, TCPAddr } from '@net/addr'
import { posix } from '@net/posix'
import { descriptors, LoopDelay, settledMemory } from '../figures.mjs'

const BACKLOG = 16_384
const [host = '127.0.0.1'] = process.argv.slice(2)
const listener = await posix().listenTCP('tcp', new TCPAddr(parseIP(host), 0), { backlog: BACKLOG })
const loop = new LoopDelay()
let served = 0
let open = 0
let most = 0 // open at a time

async function echo(c) {
  most = Math.max(most, ++open)
  const p = new Uint8Array(1 << 14)
  try {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
    served++
  } catch (e) {
    if (e.code !== 'ECONNRESET' && e.code !== 'EPIPE') throw e // a client that went without a word
  } finally {
    await c.close()
    open--
  }
}

process.on('message', (message) => {
  if (message === 'begin') return loop.start()
  const delay = message === 'end' ? loop.stop() : null
  const memory = globalThis.gc === undefined ? process.memoryUsage.rss() : settledMemory()
  process.send({ served, open, most, held: descriptors(), memory, delay })
})
process.on('disconnect', () => process.exit())
process.send({ port: listener.addr.port })
for await (const c of listener) void echo(c)
