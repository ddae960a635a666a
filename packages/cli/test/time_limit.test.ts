import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { finish, finished, start } from './finished.ts'
import { NineServer, type Manner } from './nine_server.ts'

const limit = ['--timeout', '300']

const commands: [name: string, args: string[]][] = [
  ['dial', ['dial', 'tcp', '127.0.0.1:9']],
  ['listen', ['listen', 'tcp', '127.0.0.1:0']],
  ['listen for packets', ['listen', 'udp', '127.0.0.1:0']],
  ['resolve a host', ['resolve', 'localhost']],
  ['resolve records', ['resolve', '--type', 'mx', 'example.com']],
  ['resolve an address', ['resolve', 'tcp', 'localhost:http']],
  ['interfaces', ['interfaces']],
]

describe.each(['nothing', 'attached', 'chatter'] as Manner[])('over a /net of the manner %j', (manner) => {
  test.each(commands)('--timeout ends netx %s', async (_name, [command = '', ...args]) => {
    await using server = await NineServer.start(manner)
    const { code, stderr } = await finished(command, ...limit, '--net', server.address, ...args)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^netx: .+\n$/)])
  })
})

test.each(['--timeout', '--connect-timeout'])(
  '%s ends netx import while the server answers nothing',
  async (option) => {
    await using server = await NineServer.start('nothing')
    expect(await finished('import', option, '300', '--socks', '0', server.address)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^netx: .*timeout\n$/) as string,
    })
  },
)

test('--timeout ends netx dial over a connection that is silent, and over one that never ends', async () => {
  const sockets = new Set<Socket>()
  const chatter = (socket: Socket): void => {
    const more = (): void => {
      while (socket.write(Buffer.alloc(1000, 'x')));
    }
    socket.on('drain', more)
    more()
  }
  for (const greet of [(): void => {}, chatter]) {
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}))
      greet(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const child = start('dial', ...limit, 'tcp', '127.0.0.1', String(port))
    const { code, stderr } = await finish(child, null) // its input never ends either
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^netx: .*timeout\n$/)])
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
})

test('--timeout ends netx listen when nobody comes, and netx export and netx import when they serve', async () => {
  for (const args of [
    ['listen', 'tcp', '127.0.0.1:0'],
    ['listen', 'udp', '127.0.0.1:0'],
    ['export', 'tcp', '127.0.0.1:0'],
  ]) {
    const [command = '', ...rest] = args
    const { code, stderr } = await finished(command, ...limit, ...rest)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/netx: .*timeout\n$/)])
  }
})
