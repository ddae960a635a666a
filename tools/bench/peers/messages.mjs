// 9P messages: `codec NAME`, how fast one is written and read, and `session NAME`, how many requests a second are answered by a
// server in this process, with a Unix socket between.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, decodeMessage, encodedMessage, encodeMessage, ORDWR, serve9P } from '@net/9p'
import { play } from './role.mjs'

const qid = { type: 0, version: 1, path: 0x200ccn }
const stat = {
  type: 73,
  dev: 0,
  qid,
  mode: 0o660,
  atime: 1795421375,
  mtime: 1370138584,
  length: 0n,
  name: 'data',
  uid: 'glenda',
  gid: 'glenda',
  muid: 'glenda',
}
const messages = {
  Tread: { type: 116, tag: 3, fid: 133, offset: 39n, count: 8192 },
  'Rread of 8 KiB': { type: 117, tag: 3, data: new Uint8Array(8192) },
  'Twrite of 8 KiB': { type: 118, tag: 3, fid: 133, offset: 39n, data: new Uint8Array(8192) },
  'Twalk of 3 names': { type: 110, tag: 3, fid: 125, newfid: 133, wname: ['tcp', '3', 'data'] },
  'Rwalk of 3 qids': { type: 111, tag: 3, wqid: [qid, qid, qid] },
  Rstat: { type: 125, tag: 3, stat },
  Rerror: { type: 107, tag: 3, ename: 'connection refused' },
}

/** What is asked, how many bytes each moves, and how many are under way. */
const sessions = {
  'read, one at a time': ['read', 64, 1],
  'read, 64 at a time': ['read', 64, 64],
  'write, 64 at a time': ['write', 64, 64],
  'read of 128 KiB, 8 at a time': ['read', 131_072, 8],
  'write of 128 KiB, 8 at a time': ['write', 131_072, 8],
}

/** Thousands of calls a second of `once`, which is called for about `ms` milliseconds. */
function rate(ms, once) {
  const start = performance.now()
  let calls = 0
  let now = start
  for (; now - start < ms; now = performance.now()) {
    for (let i = 0; i < 1000; i++) once()
    calls += 1000
  }
  return calls / (now - start)
}

function codec(name) {
  const message = messages[name]
  const frame = encodedMessage(message)
  const into = new Uint8Array(frame.byteLength)
  let sum = 0
  const encode = () => (sum += encodeMessage(message, into))
  const decode = () => (sum += decodeMessage(frame).tag)
  const command = (ms) => {
    const said = { encode: rate(ms, encode), decode: rate(ms, decode) }
    if (sum === 0) throw new Error('nothing was done')
    return said
  }
  return { command }
}

/** A node:net socket as the stream of a session. */
class SocketStream {
  #socket
  #waiting = null

  constructor(socket) {
    this.#socket = socket
    socket.on('error', () => {})
    for (const event of ['readable', 'end', 'close']) socket.on(event, () => this.#wake())
  }

  async read(p) {
    for (;;) {
      const ready = Math.min(this.#socket.readableLength, p.length)
      const bytes = ready > 0 ? this.#socket.read(ready) : this.#socket.read()
      if (bytes !== null) {
        p.set(bytes)
        return bytes.length
      }
      if (this.#socket.readableEnded || this.#socket.destroyed) return null
      await new Promise((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  async write(p) {
    await new Promise((resolve, reject) => {
      this.#socket.write(p, (error) => (error ? reject(error) : resolve()))
    })
    return p.length
  }

  async close() {
    this.#socket.destroy()
    this.#wake()
  }

  #wake() {
    this.#waiting?.()
    this.#waiting = null
  }
}

/** A tree of one file that has any number of bytes and takes any. */
function endless() {
  const node = { qid, open: () => file, stat: () => stat }
  const file = { node, read: (p) => p.length, write: (p) => p.length }
  return { attach: () => node }
}

async function session(name) {
  const [request, bytes, outstanding] = sessions[name]
  const directory = mkdtempSync(join(tmpdir(), '9p-'))
  const path = join(directory, 'socket')
  const listener = createServer((socket) => serve9P(new SocketStream(socket), endless())).listen(path)
  await once(listener, 'listening')
  const socket = connect(path)
  await once(socket, 'connect')
  rmSync(directory, { recursive: true }) // the connection goes on without its name
  const client = await Client.connect(new SocketStream(socket))
  const fid = await client.attach()
  await fid.open(ORDWR)
  const command = async (ms) => {
    const start = performance.now()
    let done = 0
    const worker = async () => {
      const p = new Uint8Array(bytes)
      for (; performance.now() - start < ms; done++) {
        const moved = await fid[request](p)
        if (moved !== bytes) throw new Error(`${name} moved ${moved} bytes`)
      }
    }
    await Promise.all(Array.from({ length: outstanding }, worker))
    return { rate: done / (performance.now() - start) }
  }
  return { command }
}

await play({ codec, session })
