import { TransformStream } from 'node:stream/web'
import assert from 'node:assert/strict'
import { Client, decodeMessage, encodedMessage, QTDIR, RemoteFile, serve9P, Tversion } from '@net/9p'

const hello = encodedMessage({ type: Tversion, tag: 0xffff, msize: 8192, version: '9P2000' })
assert.equal(hello.length, 19)
assert.deepEqual(decodeMessage(hello), { type: Tversion, tag: 0xffff, msize: 8192, version: '9P2000' })

/**
 * One end of a link in memory.
 * @param {TransformStream<Uint8Array, Uint8Array>} incoming
 * @param {TransformStream<Uint8Array, Uint8Array>} outgoing
 */
function end(incoming, outgoing) {
  const reader = incoming.readable.getReader()
  const writer = outgoing.writable.getWriter()
  let rest = new Uint8Array()
  return {
    /** @param {Uint8Array} p */
    async read(p) {
      while (rest.length === 0) {
        const { value } = await reader.read()
        if (value === undefined) return null
        rest = new Uint8Array(value)
      }
      const n = Math.min(p.length, rest.length)
      p.set(rest.subarray(0, n))
      rest = rest.subarray(n)
      return n
    },
    /** @param {Uint8Array} p */
    async write(p) {
      await writer.write(p.slice())
      return p.length
    },
    async close() {
      await Promise.allSettled([reader.cancel(), writer.close()])
    },
  }
}

const qid = { type: QTDIR, version: 0, path: 0n }
const names = { name: '/', uid: 'glenda', gid: 'glenda', muid: 'glenda' }
/** @type {import('@net/9p').TreeNode} */
const root = {
  qid,
  stat: () => ({ type: 0, dev: 0, qid, mode: 0o555, atime: 0, mtime: 0, length: 0n, ...names }),
  open: () => ({ node: root, list: () => [] }),
  walk: () => {
    throw new Error('file does not exist')
  },
}

const forth = new TransformStream()
const back = new TransformStream()
const session = serve9P(end(forth, back), { attach: () => root })
const client = await Client.connect(end(back, forth))
const fid = await client.attach({ uname: 'glenda' })
const directory = await RemoteFile.open(fid, '/')
assert.deepEqual(await directory.readDir(), [])
await assert.rejects(RemoteFile.open(fid, 'nothing'), /file does not exist/)
await client.close()
await session.done
