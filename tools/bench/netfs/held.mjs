/**
 * How many conversations an exported /net holds, and the memory of each: sessions over 9P on a Unix socket to a server in a
 * process of its own, each with its share of conversations, which are connected to a listener in this process.
 *
 * `export async function run(options?)` gives rows of `{ name, sessions, conversations, heap, rss, perSecond }`: what the
 * server's heap (with its buffers) and its resident memory grew by for each conversation, in bytes, and how many of them
 * were made a second. `node held.mjs` prints them.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { Client, OREAD, ORDWR, RemoteFile } from '@net/9p'
import { posix } from '@net/posix'

const target = posix({ spin: 'off' })

async function ask(child) {
  child.send('memory')
  const [answer] = await once(child, 'message')
  return answer
}

/** Makes a conversation as dial(2) does: ctl, connect, data, and ctl closed; `reading` leaves a read of 8 KiB waiting. */
async function converse(root, port, { connected, reading }) {
  const ctl = await RemoteFile.open(root, 'tcp/clone', ORDWR)
  if (!connected) return
  const p = new Uint8Array(16)
  const n = Buffer.from(p.subarray(0, await ctl.read(p))).toString()
  await ctl.write(Buffer.from(`connect 127.0.0.1!${port}`))
  const data = await RemoteFile.open(root, `tcp/${n}/data`, ORDWR)
  await ctl.close()
  if (reading) data.read(new Uint8Array(8192)).catch(() => {})
}

async function hold(name, { sessions, conversations, ...what }) {
  const directory = mkdtempSync(join(tmpdir(), 'netfs-'))
  const path = join(directory, 'net')
  const script = new URL('./server.mjs', import.meta.url).pathname
  const child = fork(script, [path], { execArgv: ['--expose-gc'] })
  await once(child, 'message')
  const listener = await target.listenTCP('tcp4', new TCPAddr(parseIP('127.0.0.1'), 0), { backlog: 1024 })
  const accepted = []
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn)
  })()
  const addr = new UnixAddr(path, 'unix')
  const clients = []
  try {
    const roots = []
    for (let i = 0; i < sessions; i++) {
      const client = await Client.connect(await target.dialUnix('unix', null, addr))
      clients.push(client)
      roots.push(await client.attach())
    }
    const before = await ask(child)
    const start = performance.now()
    for (let i = 0; i < conversations; i++) {
      await Promise.all(roots.map((root) => converse(root, listener.addr.port, what)))
    }
    const seconds = (performance.now() - start) / 1000
    // Each session still answers.
    for (const root of roots) await (await RemoteFile.open(root, 'tcp/0/status', OREAD)).close()
    const after = await ask(child)
    const total = sessions * conversations
    if (after.conversations !== total) throw new Error(`${after.conversations} conversations of ${total}`)
    const heap = (m) => m.heapUsed + m.external
    return {
      name,
      sessions,
      conversations: total,
      heap: (heap(after) - heap(before)) / total,
      rss: (after.rss - before.rss) / total,
      perSecond: total / seconds,
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await listener.close()
    await accepting
    await Promise.all(accepted.map((conn) => conn.close()))
    const gone = once(child, 'exit')
    child.send('end')
    await gone
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs it with so many sessions, and conversations in each. */
export async function run({ sessions = 100, conversations = 50 } = {}) {
  const size = { sessions, conversations }
  return [
    await hold('cloned only', { ...size, connected: false, reading: false }),
    await hold('connected', { ...size, connected: true, reading: false }),
    await hold('connected, a read of 8 KiB waiting', { ...size, connected: true, reading: true }),
  ]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = process.argv.includes('--many') ? { sessions: 200, conversations: 90 } : {}
  for (const row of await run(options)) {
    const { name, sessions, conversations, heap, rss, perSecond } = row
    console.log(
      `${name}: ${sessions} sessions with ${conversations} conversations, each ${Math.round(heap)} bytes of heap ` +
        `and ${Math.round(rss)} resident, ${Math.round(perSecond)} a second`,
    )
  }
}
