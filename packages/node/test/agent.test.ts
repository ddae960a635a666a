import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent } from '../src/index.ts'
import { loopback, parseTCPAddr, targets } from './pair.ts'

let check: () => Promise<void>
beforeAll(async () => {
  for (const target of targets) await (await target.listenTCP('tcp', loopback)).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const response = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test.each(targets)(
  'agent() over $name makes a new connection when the server has closed the idle one',
  async (target) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('data', () => socket.write(response))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const dial = (_network: string, address: string) => target.dialTCP('tcp', null, parseTCPAddr(address))
    const keeping = agent({ dial }, { keepAlive: true })
    for (let i = 1; i <= 3; i++) {
      const req = get({ host: '127.0.0.1', port, agent: keeping })
      const free = once(keeping, 'free') as Promise<[Socket]>
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      expect(await text(res)).toBe('ok')
      const [kept] = await free
      const gone = once(kept, 'close')
      expect(sockets).toHaveLength(i)
      sockets[i - 1]?.end() // an idle connection's time is over
      await gone
      expect(Object.keys(keeping.freeSockets)).toEqual([])
    }
    server.close()
    await once(server, 'close')
  },
)
