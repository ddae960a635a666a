import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { ErrClosed, OpError } from '@net/contract'
import { serve, toDuplex } from '@net/node'
import { secureConn, secureListener } from '@net/node/tls'

/** A connection that gives what it was told to, and then ends. */
function connOf(...words) {
  const written = []
  const conn = {
    localAddr: { network: 'mine', toString: () => 'here' },
    remoteAddr: { network: 'mine', toString: () => 'there' },
    written,
    async read(p) {
      const word = words.shift()
      return word === undefined ? null : new TextEncoder().encodeInto(word, p).written
    },
    async write(p) {
      written.push(new TextDecoder().decode(p))
      return p.byteLength
    },
    async close() {},
    ref() {},
    unref() {},
  }
  return conn
}

const conn = connOf('hel', 'lo')
const stream = toDuplex(conn)
stream.write('good day')
assert.equal(await text(stream), 'hello')
assert.deepEqual(conn.written, ['good day'])

await assert.rejects(secureConn(connOf('this is no TLS'), {}), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })

/** A listener that has one connection to give. */
function listenerOf(conn) {
  let end
  const ended = new Promise(
    (_, reject) => (end = () => reject(new OpError('accept', 'mine', null, null, ErrClosed))),
  )
  ended.catch(() => {}) // nobody may be waiting
  const left = [conn]
  return {
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
await assert.rejects(accepting, (e) => e.message.endsWith('use of closed network connection'))
