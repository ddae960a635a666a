import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Namespace, namespaceRefused } from './netns.ts'

const refused = namespaceRefused()

interface Outcome {
  readonly ms: number
  readonly remote?: string
  readonly message?: string
  readonly timeout?: boolean
  readonly errors?: string[]
  readonly byHandMs?: number
}

// 'near' is next door, 'far' 400 ms away, 'hole' takes packets and says nothing.
const near4 = '10.98.0.2'
const near6 = 'fd00:98::2'
const far4 = '10.99.0.2'
const far6 = 'fd00:99::2'
const hole4 = '10.98.0.66'
const hole6 = 'fd00:98::66'
const oneWay = 200 // milliseconds

describe.skipIf(refused !== null)(
  `Net.dial() in a network of its own${refused === null ? '' : ` (skipped: ${refused})`}`,
  () => {
    let client: Namespace
    let relay: Namespace
    let server: Namespace

    beforeAll(async () => {
      client = new Namespace('client')
      relay = new Namespace('relay')
      server = new Namespace('server')
      client.join('near', server, 'near')
      client.join('far', relay, 'left')
      relay.join('right', server, 'far')
      for (const [namespace, last] of [
        [client, 1],
        [server, 2],
      ] as const) {
        namespace.ip(`addr add 10.98.0.${last}/24 dev near`)
        namespace.ip(`addr add fd00:98::${last}/64 dev near nodad`)
        namespace.ip(`addr add 10.99.0.${last}/24 dev far`)
        namespace.ip(`addr add fd00:99::${last}/64 dev far nodad`)
      }
      // A neighbour that is nobody's: what is sent there is lost.
      client.ip(`neigh add ${hole4} lladdr 02:00:00:00:00:66 dev near nud permanent`)
      client.ip(`neigh add ${hole6} lladdr 02:00:00:00:00:66 dev near nud permanent`)
      const listen = `require('net').createServer((s) => s.on('error', () => {})).listen(80, '::', () => console.log('ready'))`
      await Promise.all([
        server.start(process.execPath, '-e', listen),
        relay.start('python3', 'relay.py', 'left', 'right', String(oneWay)),
      ])
    })

    afterAll(async () => {
      for (const namespace of [relay, client, server]) await namespace[Symbol.asyncDispose]()
    })

    async function dial(
      addrs: string[],
      options: object = {},
      network = 'tcp',
      ...near: string[]
    ): Promise<Outcome> {
      const hosts = addrs.map((addr) => `${addr} name.test\n`).join('')
      const args = ['dial_netns.mjs', hosts, network, 'name.test:80', JSON.stringify(options), ...near]
      return JSON.parse(await client.run(process.execPath, ...args)) as Outcome
    }

    test('a black-holed IPv6 address costs the fallback delay and a round trip', async () => {
      const fallbackDelay = 300
      const near = `${near4}:80`
      const { ms, remote, byHandMs = 0 } = await dial([hole6, near4], { fallbackDelay }, 'tcp', near)
      expect(remote).toBe(`${near4}:80`)
      expect(ms).toBeGreaterThanOrEqual(fallbackDelay - 1)
      // To wait and then to dial takes as long, in the same process at the same time, however busy the machine is. Without a
      // fallback the kernel would send its first SYN again after a second, and give up after two minutes.
      expect(byHandMs).toBeGreaterThanOrEqual(fallbackDelay - 1)
      expect(ms - byHandMs).toBeLessThan(600)
    })

    test('black-holed addresses of one family cost as little each', async () => {
      const { ms, remote } = await dial([hole4, near4], { fallbackDelay: 100 })
      expect(remote).toBe(`${near4}:80`)
      expect(ms).toBeGreaterThanOrEqual(99)
      expect((await dial([hole6, near6], { fallbackDelay: 100 }, 'tcp6')).remote).toBe(`[${near6}]:80`)
    })

    test('a server 400 ms away connects, whatever the fallback delay', async () => {
      for (const addrs of [[far6, far4], [far4], [hole6, far4]]) {
        const { ms, remote } = await dial(addrs, { fallbackDelay: 50 })
        expect(remote).toBe(addrs[0] === far6 ? `[${far6}]:80` : `${far4}:80`)
        expect(ms).toBeGreaterThanOrEqual(2 * oneWay)
      }
    })

    test('one deadline holds for all addresses, and the error names those that were tried', async () => {
      const { message, timeout, errors } = await dial([hole6, hole4], { fallbackDelay: 50, timeout: 300 })
      expect(message).toBe(`dial tcp [${hole6}]:80: i/o timeout`)
      expect(timeout).toBe(true)
      expect(errors).toEqual([`dial tcp [${hole6}]:80: i/o timeout`, `dial tcp ${hole4}:80: i/o timeout`])
    })

    test('the error tells of each address why it failed', async () => {
      const { message, errors } = await dial(['10.97.0.1', near4.replace('.2', '.1'), hole4], {
        fallbackDelay: 50,
        timeout: 500,
      })
      expect(message).toBe('dial tcp 10.97.0.1:80: connect: network is unreachable')
      expect(errors).toEqual([
        'dial tcp 10.97.0.1:80: connect: network is unreachable',
        'dial tcp 10.98.0.1:80: connect: connection refused',
        `dial tcp ${hole4}:80: i/o timeout`,
      ])
    })
  },
)
