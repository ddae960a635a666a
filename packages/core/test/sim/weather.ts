import { SimNetwork, type SimOptions, type Weather } from '@net/sim'
import { describe } from 'vitest'
import { Net } from '../../src/index.ts'

/** A client, and on a network without weather a server of two families and two servers of names. */
export interface Lab {
  readonly sim: SimNetwork
  readonly client: Net
  readonly server: Net
}

const zone = {
  server: { A: ['10.0.0.2'], AAAA: ['fd00::2'] },
  half: { A: ['10.0.0.9'], AAAA: ['fd00::2'] }, // nobody has the first
  big: { TXT: Array.from({ length: 40 }, (_, i) => `${i} `.padEnd(100, 'x')) },
  alias: { CNAME: 'server' },
}

/** Makes it, with such weather on the way of the client to the others; of the servers of names the first is dead when `deadServer` is true. */
export function lab(weather: Weather, deadServer = false, options: SimOptions = {}): Lab {
  const sim = new SimNetwork({ seed: 1, ...options })
  const dns = sim.dns('dns', { addrs: ['10.0.0.53/24'], zone, origin: 'test' })
  const dead = sim.host('dead', { addrs: ['10.0.0.54/24'] })
  dead.crash()
  const servers = deadServer ? ['10.0.0.54', '10.0.0.53'] : ['10.0.0.53']
  const client = sim.host('client', {
    addrs: ['10.0.0.1/24', 'fd00::1/64'],
    resolvConf: `${servers.map((s) => `nameserver ${s}\n`).join('')}search test\noptions attempts:9 timeout:5\n`,
  })
  const server = sim.host('server', { addrs: ['10.0.0.2/24', 'fd00::2/64'] })
  sim.link(client, sim.switch('lan', [dns.host, dead, server]), weather)
  return { sim, client: new Net(client.target), server: new Net(server.target) }
}

/** Describes something in every weather of the matrix: loss, milliseconds one way, reordering. */
export function inEveryWeather(body: (weather: Weather) => void): void {
  describe.each([0, 0.01, 0.05, 0.2])('with loss of %d', (loss) => {
    describe.each([0, 50, 300])('and %d ms', (delay) => {
      describe.each([0, 0.05])('and reordering of %d', (reorder) => {
        body({ loss, latency: delay, reorder })
      })
    })
  })
}
