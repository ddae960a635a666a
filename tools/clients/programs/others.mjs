import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect, toDuplex } from '@net/core/node'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import ssh2 from 'ssh2'
import { whileServing } from '../program.mjs'

/** @type {import('../program.mjs').Program[]} */
export const programs = [
  {
    name: 'ssh2, both ways',
    packages: ['ssh2'],
    glue: 'client.connect({ sock: connect(net, port, host) })\nserver.injectSocket(toDuplex(conn))',
    async run(net) {
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      })
      const server = new ssh2.Server({ hostKeys: [privateKey] }, (session) => {
        session.on('error', () => {}) // that of a client who leaves
        session.on('authentication', (context) => context.accept())
        session.on('session', (accept) =>
          accept().on('exec', (take, _reject, { command }) => {
            const stream = take()
            stream.write(`you said ${command}`)
            stream.exit(0)
            stream.end()
          }),
        )
      })
      const listener = await net.listen('tcp', '127.0.0.1:0')
      const accepted = listener.accept()
      const client = new ssh2.Client()
      const ready = once(client, 'ready')
      client.connect({ username: 'u', password: 'p', sock: connect(net, listener.addr.port, '127.0.0.1') })
      server.injectSocket(
        /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (toDuplex(await accepted))),
      )
      await ready
      /** @type {import('ssh2').ClientChannel} */
      const channel = await new Promise((resolve, reject) =>
        client.exec('hello', (e, stream) => (e === undefined ? resolve(stream) : reject(e))),
      )
      let said = ''
      channel.on('data', (/** @type {Buffer} */ data) => (said += data.toString()))
      await once(channel, 'close')
      assert.equal(said, 'you said hello')
      // Over a stack without half-close the end is an error for who still reads.
      /** @type {unknown[]} */
      const errors = []
      client.on('error', (e) => errors.push('code' in e ? e.code : e))
      const closed = new Promise((resolve) => client.once('close', () => resolve(null)))
      client.end()
      await closed
      assert.ok(errors.every((code) => code === 'ECONNABORTED'))
      await listener.close()
    },
  },
  {
    name: 'nodemailer, smtp-server',
    packages: ['nodemailer', 'smtp-server'],
    glue: 'createTransport({ getSocket: (_o, done) => done(null, { connection: connect(net, port, host) }) })\nserve(listener, server.server)',
    async run(net) {
      const mails = /** @type {string[]} */ ([])
      const server = new SMTPServer({
        disabledCommands: ['AUTH', 'STARTTLS'],
        onData(stream, _session, done) {
          stream.on('data', (chunk) => mails.push(String(chunk)))
          stream.on('end', () => done())
        },
      })
      await whileServing(net, server.server, async (port) => {
        const connection = connect(net, port, '127.0.0.1')
        await once(connection, 'connect')
        const options = {
          getSocket: (/** @type {unknown} */ _options, /** @type {(e: null, s: object) => void} */ done) =>
            done(null, { connection }),
        }
        const transport = createTransport(/** @type {object} */ (options))
        await transport.sendMail({ from: 'a@here.example', to: 'b@there.example', text: 'hello' })
        transport.close()
      })
      assert.match(mails.join(''), /hello/)
    },
  },
  {
    name: 'mqtt, aedes',
    packages: ['mqtt', 'aedes'],
    glue: 'new mqtt.MqttClient(() => connect(net, port, host), {})\nserve(listener, createServer(broker.handle))',
    async run(net) {
      const broker = await Aedes.createBroker()
      await whileServing(net, createServer(broker.handle), async (port) => {
        const client = new mqtt.MqttClient(() => connect(net, port, '127.0.0.1'), {})
        await client.subscribeAsync('topic')
        const message = new Promise((resolve) => client.once('message', (_topic, said) => resolve(said)))
        await client.publishAsync('topic', 'hello')
        assert.equal(String(await message), 'hello')
        await client.endAsync()
      })
      await new Promise((resolve) => broker.close(() => resolve(undefined)))
    },
  },
]
