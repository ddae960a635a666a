// An honest client of an export: it sends 64 bytes to an echo server over a conversation that it holds, again
// and again, and from time to time makes a session and a conversation anew. How long each took is what an
// attack is judged by.
import { Client, ORDWR, RemoteFile } from '@net/9p'
import { parseIP, TCPAddr } from '@net/addr'
import { dialExport, HONEST, target } from './place.mjs'

const JOIN = 250 // milliseconds between two new sessions
const PAUSE = 2 // milliseconds between two echoes, so that the client itself does not make the load

/** Answers what comes with itself. */
export async function echoServer() {
  const listener = await target.listenTCP('tcp4', new TCPAddr(parseIP(HONEST), 0), { backlog: 1024 })
  const serve = async (conn) => {
    const p = new Uint8Array(4096)
    for (let n = await conn.read(p); n !== null; n = await conn.read(p)) await conn.write(p.subarray(0, n))
    await conn.close()
  }
  const accept = async () => {
    for await (const conn of listener) serve(conn).catch(() => conn.close())
  }
  return { port: listener.addr.port, listener, done: accept() }
}

/** A session with one conversation to the echo server. */
async function join({ port, tls, echo }) {
  const client = await Client.connect(await dialExport(port, tls))
  const root = await client.attach()
  const ctl = await RemoteFile.open(root, 'tcp/clone', ORDWR)
  const p = new Uint8Array(16)
  const n = Buffer.from(p.subarray(0, await ctl.read(p))).toString()
  await ctl.write(Buffer.from(`connect ${HONEST}!${echo}`))
  const data = await RemoteFile.open(root, `tcp/${n}/data`, ORDWR)
  return { client, data }
}

async function talk({ data }) {
  const p = new Uint8Array(64)
  await data.write(p)
  for (let n = 0; n < p.byteLength;) {
    const more = await data.read(p.subarray(n))
    if (more === 0) throw new Error('the conversation has ended')
    n += more
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE))

/**
 * Times of an honest client over `ms` milliseconds, in milliseconds: of echoes, and of joins; and what
 * failed.
 */
export async function measure(place, ms) {
  const held = await join(place)
  const echoes = []
  const joins = []
  const failures = []
  const end = performance.now() + ms
  const rejoin = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      try {
        const again = await join(place)
        await talk(again)
        joins.push(performance.now() - start)
        await again.client.close()
      } catch (e) {
        failures.push(e.message)
      }
      await new Promise((resolve) => setTimeout(resolve, JOIN))
    }
  }
  const joining = rejoin()
  while (performance.now() < end) {
    const start = performance.now()
    await talk(held)
    echoes.push(performance.now() - start)
    await pause()
  }
  await joining
  await held.client.close()
  return { echoes: sorted(echoes), joins: sorted(joins), failures }
}

const sorted = (times) => times.sort((a, b) => a - b)
