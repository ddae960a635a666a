import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import type { ServerDial } from '../src/client/server_dial.ts'
import { decodeDNSMessage, encodeDNSMessage } from '../src/dns/message.ts'
import { Resolver } from '../src/resolver.ts'
import { txt } from './server.ts'

// A key known to both takes the place of certificates.
const key = Buffer.from('0123456789abcdef0123456789abcdef', 'hex')
const psk = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const

test('Resolver asks over TLS with a dial that gives a stream', async () => {
  const server = createServer({ ...psk, pskCallback: () => key }, (socket) => {
    socket.once('data', (data: Buffer) => {
      const query = decodeDNSMessage(data.subarray(2))
      const name = query.questions[0]?.name ?? ''
      const reply = encodeDNSMessage({
        ...query,
        response: true,
        recursionAvailable: true,
        answers: [txt(name, 'secret')],
      })
      socket.write(Uint8Array.from([reply.length >> 8, reply.length & 0xff, ...reply]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const pskCallback = () => ({ psk: key, identity: 'x' })

  const dial: ServerDial = async (_network, _address, { signal }) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...psk,
      pskCallback,
      checkServerIdentity: () => undefined,
    })
    await once(socket, 'secureConnect', { signal })
    return {
      async read(p) {
        while (socket.readableLength === 0) {
          if (socket.readableEnded) return null
          await once(socket, 'readable')
        }
        const chunk = socket.read(Math.min(p.length, socket.readableLength)) as Buffer
        p.set(chunk)
        return chunk.length
      },
      write: (p) => new Promise((resolve) => socket.write(p, () => resolve(p.length))),
      setDeadline: (t) =>
        void socket.setTimeout(Number(t) - Date.now(), () => socket.destroy(new Error('i/o timeout'))),
      close: async () => void socket.destroy(),
    }
  }
  const resolver = new Resolver({ dial, preferSystem: false, resolvConf: { servers: ['127.0.0.1:853'] } })
  expect(await resolver.lookupTXT('example.com')).toEqual(['secret'])
  server.close()
  await once(server, 'close')
})
