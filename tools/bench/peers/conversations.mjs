// Holds conversations of an exported /net: `hold PATH SESSIONS KIND` makes as many as commanded in each of its sessions over a Unix
// socket, connected to a listener in this process.
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { Client, OREAD, ORDWR, RemoteFile } from '@net/9p'
import { posix } from '@net/posix'
import { play } from './role.mjs'

const target = posix({ spin: 'off' })

const kinds = {
  cloned: { connected: false, reading: false },
  connected: { connected: true, reading: false },
  reading: { connected: true, reading: true },
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

async function hold(path, sessions, kind) {
  const listener = await target.listenTCP('tcp4', new TCPAddr(parseIP('127.0.0.1'), 0), { backlog: 1024 })
  const accepted = []
  const accepting = async () => {
    for await (const conn of listener) accepted.push(conn)
  }
  void accepting()
  const addr = new UnixAddr(path, 'unix')
  const roots = []
  for (let i = 0; i < Number(sessions); i++) {
    const client = await Client.connect(await target.dialUnix('unix', null, addr))
    roots.push(await client.attach())
  }
  const command = async (conversations) => {
    const start = performance.now()
    for (let i = 0; i < conversations; i++)
      await Promise.all(roots.map((root) => converse(root, listener.addr.port, kinds[kind])))
    const ms = performance.now() - start
    // Each session still answers.
    for (const root of roots) await (await RemoteFile.open(root, 'tcp/0/status', OREAD)).close()
    return { ms }
  }
  return { command }
}

await play({ hold })
