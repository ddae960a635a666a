import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { ErrClosed, OpError } from '@net/contract'
import { serve, toDuplex } from '@net/node'
import { tlsClient, secureListener } from '@net/node/tls'

/** What a connection was told to say, and what was written to it. @typedef {import('@net/contract').Conn & { written: string[] }} Told */

/** A connection that gives what it was told to, and then ends. @param {...string} words @returns {Told} */
function connOf(...words) {
  /** @type {string[]} */
  const written = []
  const conn = {
    localAddr: { network: 'mine', toString: () => 'here' },
    remoteAddr: { network: 'mine', toString: () => 'there' },
    written,
    /** @param {Uint8Array} p */
    async read(p) {
      const word = words.shift()
      return word === undefined ? null : new TextEncoder().encodeInto(word, p).written
    },
    /** @param {Uint8Array} p */
    async write(p) {
      written.push(new TextDecoder().decode(p))
      return p.byteLength
    },
    async close() {},
    ref() {},
    unref() {},
  }
  // As much of a connection as streams and TLS take.
  return /** @type {Told} */ (/** @type {unknown} */ (conn))
}

const conn = connOf('hel', 'lo')
const stream = toDuplex(conn)
stream.write('good day')
assert.equal(await text(stream), 'hello')
assert.deepEqual(conn.written, ['good day'])

await assert.rejects(tlsClient(connOf('this is no TLS'), {}), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })

/** A listener that has one connection to give. @param {Told} conn @returns {import('@net/contract').Listener} */
function listenerOf(conn) {
  let end = () => {}
  /** @type {Promise<never>} */
  const ended = new Promise(
    (_, reject) => (end = () => reject(new OpError('accept', 'mine', null, null, ErrClosed))),
  )
  ended.catch(() => {}) // nobody may be waiting
  const left = [conn]
  const listener = {
    addr: conn.localAddr,
    accept: async () => left.pop() ?? ended,
    close: async () => end(),
    ref() {},
    unref() {},
    async *[Symbol.asyncIterator]() {
      yield* left.splice(0)
      await ended.catch(() => {})
    },
  }
  return /** @type {import('@net/contract').Listener} */ (/** @type {unknown} */ (listener))
}

const served = listenerOf(connOf('a question'))
const server = createServer()
const asked = new Promise((resolve) => server.once('connection', (socket) => resolve(text(socket))))
const service = serve(served, server)
assert.equal(await asked, 'a question')
await service.close()

const secure = secureListener(listenerOf(connOf('this is no TLS')), {})
const accepting = secure.accept()
await secure.close()
await assert.rejects(accepting, /use of closed network connection$/)
