import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import { connect as connect2, createSecureServer, createServer as createServer2 } from 'node:http2'
import { createServer as createTLSServer, get as getTLS } from 'node:https'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { connect as connectTLS } from 'node:tls'
import { createAdaptorServer } from '@hono/node-server'
import { agent, connect, dispatcher, secureAgent } from '@net/core/node'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { Agent, fetch } from 'undici'
import { WebSocket, WebSocketServer } from 'ws'
import { whileServing } from '../program.mjs'

/** Asks over a network of ours. @param {import('@net/core').Net} net @param {number} port @returns {Promise<string>} */
async function ask(net, port) {
  const over = agent(net)
  const [response] = await once(get({ host: '127.0.0.1', port, path: '/', agent: over }), 'response')
  const said = await text(response)
  over.destroy()
  return said
}

/** @type {import('../program.mjs').Program[]} */
export const programs = [
  {
    name: 'node:http',
    glue: "get({ host: '127.0.0.1', port, agent: agent(net) })\nserve(listener, server)",
    run: (net) =>
      whileServing(
        net,
        createServer((_request, response) => response.end('hello')),
        async (port) => {
          assert.equal(await ask(net, port), 'hello')
        },
      ),
  },
  {
    name: 'node:https',
    tls: true,
    glue: "get({ host: '127.0.0.1', port, agent: secureAgent(net, { ca }) })\nserve(listener, server)",
    run: (net, { tls }) =>
      whileServing(
        net,
        createTLSServer(tls, (_request, response) => response.end('hello')),
        async (port) => {
          const over = secureAgent(net, { ca: tls.cert })
          const [response] = await once(
            getTLS({ host: '127.0.0.1', port, path: '/', agent: over }),
            'response',
          )
          assert.equal(await text(response), 'hello')
          over.destroy()
        },
      ),
  },
  {
    name: 'node:http2',
    glue: 'connect2(url, { createConnection: () => connect(net, port, host) })\nserve(listener, server)',
    run: (net) =>
      whileServing(
        net,
        createServer2((_request, response) => response.end('hello')),
        async (port) => {
          const session = connect2(`http://127.0.0.1:${port}`, {
            createConnection: () => connect(net, port, '127.0.0.1'),
          })
          assert.equal(await text(session.request({ ':path': '/' })), 'hello')
          const closed = once(session, 'close')
          session.close()
          await closed
        },
      ),
  },
  {
    name: 'node:http2, TLS',
    tls: true,
    glue: "connect2(url, { createConnection: () => tls.connect({ socket: connect(net, port, host), ALPNProtocols: ['h2'], ca }) })\nserve(listener, server)",
    run: (net, { tls }) =>
      whileServing(
        net,
        createSecureServer(tls, (_request, response) => response.end('hello')),
        async (port) => {
          const session = connect2(`https://127.0.0.1:${port}`, {
            createConnection: () =>
              connectTLS({
                socket: connect(net, port, '127.0.0.1'),
                host: '127.0.0.1',
                ALPNProtocols: ['h2'],
                ca: tls.cert,
              }),
          })
          assert.equal(await text(session.request({ ':path': '/' })), 'hello')
          const closed = once(session, 'close')
          session.close()
          await closed
        },
      ),
  },
  {
    name: 'undici, fetch',
    packages: ['undici'],
    glue: 'fetch(url, { dispatcher: dispatcher(net, Agent) })',
    run: (net) =>
      whileServing(
        net,
        createServer((_request, response) => response.end('hello')),
        async (port) => {
          const over = dispatcher(net, Agent)
          const response = await fetch(`http://127.0.0.1:${port}/`, { dispatcher: over })
          assert.equal(await response.text(), 'hello')
          await over.close()
        },
      ),
  },
  {
    name: 'ws',
    packages: ['ws'],
    glue: 'new WebSocket(url, { agent: agent(net) })\nserve(listener, server)',
    async run(net) {
      const server = createServer()
      const sockets = new WebSocketServer({ server })
      sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
      await whileServing(net, server, async (port) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { agent: agent(net) })
        await once(socket, 'open')
        socket.send('hello')
        const [data] = await once(socket, 'message')
        assert.equal(String(data), 'hello')
        const closed = once(socket, 'close')
        socket.close()
        await closed
      })
      sockets.close()
    },
  },
  {
    name: 'express',
    packages: ['express'],
    glue: 'serve(listener, createServer(app))',
    run(net) {
      const app = express()
      app.get('/', (request, response) => void response.send(`hello ${request.ip}`))
      return whileServing(net, createServer(app), async (port) => {
        assert.match(await ask(net, port), /^hello (::ffff:)?127\.0\.0\.1$/)
      })
    },
  },
  {
    name: 'fastify',
    packages: ['fastify'],
    glue: 'fastify({ serverFactory: (handler) => createServer(handler) })\nserve(listener, app.server)',
    async run(net) {
      const app = fastify({ serverFactory: (handler) => createServer(handler) })
      app.get('/', async () => 'hello')
      await app.ready()
      await whileServing(net, app.server, async (port) => {
        assert.equal(await ask(net, port), 'hello')
      })
    },
  },
  {
    name: 'hono',
    packages: ['hono', '@hono/node-server'],
    glue: 'serve(listener, createAdaptorServer(app))',
    async run(net) {
      const app = new Hono()
      app.get('/', (c) => c.text('hello'))
      await whileServing(net, createAdaptorServer(app), async (port) => {
        assert.equal(await ask(net, port), 'hello')
      })
    },
  },
]
