import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import { toDuplex } from '@net/core/node'
import { FDStream } from '@net/posix'
import { createClient, messageType } from 'dbus-native'
import { StatsD } from 'hot-shots'

/** Bytes as they are. @param {Buffer} bytes */
const same = (bytes) => bytes

/** A client of a message bus, once it has a name there. @param {import('@net/core').Net} net @param {string} path */
async function busClient(net, path) {
  const bus = createClient({ stream: new FDStream(await net.dial('unix', path)) })
  await promisify((/** @type {(e: unknown) => void} */ done) => bus.invokeDbus({ member: 'GetId' }, done))()
  return bus
}

/** Counts something, and looks for it at the server. @param {import('@net/core').Conn} conn to the server @param {import('@net/core').PacketConn} server */
async function count(conn, server) {
  const stream = toDuplex(conn)
  const statsd = new StatsD({ protocol: 'stream', stream })
  const said = server.receive()
  statsd.increment('requests')
  const [bytes] = await said
  assert.equal(Buffer.from(bytes).toString(), 'requests:1|c\n')
  const closed = once(stream, 'close')
  statsd.close(() => {})
  await closed
  await server.close()
}

/** @type {import('../program.mjs').Program[]} */
export const programs = [
  {
    name: '@grpc/grpc-js, server',
    packages: ['@grpc/grpc-js'],
    glue: `const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
for await (const conn of listener) injector.injectConnection(toDuplex(conn))`,
    async run(net) {
      const path = '/Echo/Say'
      const server = new Server()
      const method = {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      }
      server.addService(
        { say: method },
        {
          say: (
            /** @type {{ request: Buffer }} */ call,
            /** @type {(e: null, said: Buffer) => void} */ answer,
          ) => answer(null, call.request),
        },
      )
      const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
      const listener = await net.listen('tcp', '127.0.0.1:0')
      const accepted = listener.accept()
      // The client dials by itself, over the host: it takes no stream.
      const client = new Client(`127.0.0.1:${listener.addr.port}`, credentials.createInsecure())
      const answer = new Promise((resolve, reject) =>
        client.makeUnaryRequest(path, same, same, Buffer.from('hello'), (e, said) =>
          e === null ? resolve(said) : reject(e),
        ),
      )
      const stream = toDuplex(await accepted)
      const closed = once(stream, 'close')
      injector.injectConnection(stream)
      assert.equal(String(await answer), 'hello')
      client.close()
      await closed
      injector.destroy()
      server.forceShutdown()
      await listener.close()
    },
  },
  {
    name: 'dbus-native, with descriptors',
    packages: ['dbus-native'],
    server: 'dbus-daemon',
    lacks: {
      hosted: 'no descriptors',
      'embedded `/net`': 'no Unix sockets',
      'exported `/net`': 'no Unix sockets',
    },
    glue: "createClient({ stream: new FDStream(await net.dial('unix', path)) })",
    async run(net, { dir }) {
      const path = join(dir, 'bus')
      const [from, to] = await Promise.all([busClient(net, path), busClient(net, path)])
      const file = openSync(new URL(import.meta.url), 'r')
      const taken = new Promise((resolve) =>
        to.connection.on('message', ({ member, fds }) => {
          if (member === 'Take') resolve(fds?.[0])
        }),
      )
      from.connection.message({
        type: messageType.methodCall,
        serial: 1000,
        destination: to.name ?? '',
        path: '/',
        interface: 'org.example.Files',
        member: 'Take',
        signature: 'h',
        body: [0],
        fds: [file],
      })
      const fd = Number(await taken)
      closeSync(file)
      assert.match(readFileSync(fd, 'utf8'), /with descriptors/)
      closeSync(fd)
      for (const { connection } of [from, to]) {
        const closed = once(connection.stream, 'close')
        connection.end()
        await closed
      }
    },
  },
  {
    name: 'hot-shots, UDP',
    packages: ['hot-shots'],
    glue: "new StatsD({ protocol: 'stream', stream: toDuplex(await net.dial('udp', address)) })",
    async run(net) {
      const server = await net.listenPacket('udp', '127.0.0.1:0')
      await count(await net.dial('udp', server.localAddr.toString()), server)
    },
  },
  {
    name: 'hot-shots, Unix datagrams',
    packages: ['hot-shots'],
    lacks: {
      hosted: 'no such datagrams',
      'embedded `/net`': 'no Unix sockets',
      'exported `/net`': 'no Unix sockets',
    },
    glue: "new StatsD({ protocol: 'stream', stream: toDuplex(await net.dial('unixgram', path)) })",
    async run(net) {
      const dir = await mkdtemp(join(tmpdir(), 'net-clients-'))
      const path = join(dir, 'statsd')
      const server = await net.listenPacket('unixgram', path)
      await count(await net.dial('unixgram', path), server)
      await rm(dir, { recursive: true })
    },
  },
]
