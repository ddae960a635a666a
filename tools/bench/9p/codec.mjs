/**
 * How many 9P messages a second: the codec alone, and a whole session, client and server in this process with a Unix
 * socket between them.
 *
 * `export async function run(options?)` gives rows of `{ name, perSecond, bytes }`: messages (for a session: requests
 * that were answered) per second, the median of the rounds, and the bytes of one message (for a session: the data of one
 * request). `node codec.mjs` prints them.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client, decodeMessage, encodedMessage, encodeMessage, ORDWR, serve9P } from '@net/9p'
import { median } from '../stats.mjs'

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
const messages = [
  ['Tread', { type: 116, tag: 3, fid: 133, offset: 39n, count: 8192 }],
  ['Rread of 8 KiB', { type: 117, tag: 3, data: new Uint8Array(8192) }],
  ['Twrite of 8 KiB', { type: 118, tag: 3, fid: 133, offset: 39n, data: new Uint8Array(8192) }],
  ['Twalk of 3 names', { type: 110, tag: 3, fid: 125, newfid: 133, wname: ['tcp', '3', 'data'] }],
  ['Rwalk of 3 qids', { type: 111, tag: 3, wqid: [qid, qid, qid] }],
  ['Rstat', { type: 125, tag: 3, stat }],
  ['Rerror', { type: 107, tag: 3, ename: 'connection refused' }],
]

/** Calls a second of `once`, which is called for about `ms` milliseconds. */
function rate(ms, once) {
  const start = performance.now()
  let calls = 0
  let now = start
  for (; now - start < ms; now = performance.now()) {
    for (let i = 0; i < 1000; i++) once()
    calls += 1000
  }
  return (calls * 1000) / (now - start)
}

function codec({ rounds, ms }) {
  const rows = []
  for (const [name, message] of messages) {
    const frame = encodedMessage(message)
    const into = new Uint8Array(frame.length)
    let sum = 0
    const encode = () => (sum += encodeMessage(message, into))
    const decode = () => (sum += decodeMessage(frame).tag)
    for (const [what, once] of [
      ['encode', encode],
      ['decode', decode],
    ]) {
      const rates = Array.from({ length: rounds }, () => rate(ms, once))
      rows.push({ name: `${what} ${name}`, perSecond: median(rates), bytes: frame.length })
    }
    if (sum === 0) throw new Error('nothing was done')
  }
  return rows
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

async function session({ rounds, count }) {
  const directory = mkdtempSync(join(tmpdir(), '9p-'))
  const path = join(directory, 'socket')
  const listener = createServer((socket) => serve9P(new SocketStream(socket), endless())).listen(path)
  await once(listener, 'listening')
  const socket = connect(path)
  await once(socket, 'connect')
  const client = await Client.connect(new SocketStream(socket))
  try {
    const fid = await client.attach()
    await fid.open(ORDWR)
    const rows = []
    for (const [name, bytes, outstanding] of [
      ['read, one at a time', 64, 1],
      ['read, 64 at a time', 64, 64],
      ['write, 64 at a time', 64, 64],
      ['read of 128 KiB, 8 at a time', 128 * 1024, 8],
      ['write of 128 KiB, 8 at a time', 128 * 1024, 8],
    ]) {
      const n = bytes > 1024 ? Math.ceil(count / 20) : count
      const rates = []
      for (let k = 0; k < rounds; k++) {
        const start = performance.now()
        let left = n
        const worker = async () => {
          const p = new Uint8Array(bytes)
          while (left-- > 0) {
            const moved = name.startsWith('read') ? await fid.read(p) : await fid.write(p)
            if (moved !== bytes) throw new Error(`${name} moved ${moved} bytes`)
          }
        }
        await Promise.all(Array.from({ length: outstanding }, worker))
        rates.push((n * 1000) / (performance.now() - start))
      }
      rows.push({ name: `session: ${name}`, perSecond: median(rates), bytes })
    }
    return rows
  } finally {
    await client.close()
    listener.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs it: `rounds` of about `ms` milliseconds for each message, of `count` requests for each kind of session. */
export async function run({ rounds = 5, ms = 100, count = 20_000 } = {}) {
  return [...codec({ rounds, ms }), ...(await session({ rounds, count }))]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { name, perSecond, bytes } of await run()) {
    const rate = `${(perSecond / 1000).toFixed(0)} k/s`
    console.log(
      `${name.padEnd(40)} ${rate.padStart(12)} ${bytes > 1024 ? `${((perSecond * bytes) / 1e9).toFixed(2)} GB/s` : ''}`,
    )
  }
}
