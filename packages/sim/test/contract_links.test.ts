import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import {
  testConn,
  testListener,
  testPacketConn,
  type ConnPair,
  type Listening,
  type PacketPair,
} from '@net/contract/suite'
import { runnerOf } from './runner.ts'
import { afterAll } from 'vitest'
import { SimNetwork, type Weather } from '../src/index.ts'

const storm: Weather = { loss: 0.05, latency: 50, reorder: 0.05 }
const HOURS = 10 * 3_600_000

// Through the storm in real time it takes minutes: that is the soak sim_real.
for (const [label, weather, clock] of [
  ['a perfect link', {}, 'virtual'],
  ['a perfect link, in real time', {}, 'real'],
  ['5 % loss, 50 ms and reordering', storm, 'virtual'],
] as const) {
  for (const [network, one, other] of [
    ['tcp4', '10.0.0.1', '10.0.0.2'],
    ['tcp6', 'fd00::1', 'fd00::2'],
  ] as const) {
    const sim = new SimNetwork({ seed: 1, timeLimit: HOURS, clock })
    const a = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })
    const b = sim.host('b', { addrs: ['10.0.0.2/24', 'fd00::2/64'] })
    sim.link(a, b, weather)
    afterAll(() => sim.close())
    const runner = runnerOf(sim)
    const common = { network, limit: clock === 'real' ? undefined : HOURS, label: `${network} over ${label}` }
    const makeListener = async (): Promise<Listening> => {
      const listener = await b.target.listenTCP(network, new TCPAddr(parseIP(other), 0))
      const dialled: Conn[] = []
      return {
        listener,
        async dial() {
          const c = await a.target.dialTCP(network, null, listener.addr)
          dialled.push(c)
          return c
        },
        async stop() {
          await Promise.all([listener, ...dialled].map((x) => x.close()))
        },
      }
    }
    const makePair = async (): Promise<ConnPair> => {
      const made = await makeListener()
      const [c1, c2] = await Promise.all([made.dial(), made.listener.accept()])
      await made.listener.close()
      const stop = async (): Promise<void> => {
        await Promise.all([c2.close(), made.stop()])
      }
      return { c1, c2, stop }
    }
    const reset = async (c: Conn): Promise<void> => {
      ;(c as Conn & { setLinger(seconds: number): void }).setLinger(0)
      await c.close()
    }
    testListener(runner, makeListener, common)
    testConn(runner, makePair, { ...common, halfClose: true, byteStreams: true, reset })
    if (weather === storm) continue
    const makePackets = async (): Promise<PacketPair<UDPAddr>> => {
      const p1 = await a.target.listenUDP('udp', new UDPAddr(parseIP(one), 0))
      const p2 = await b.target.listenUDP('udp', new UDPAddr(parseIP(other), 0))
      const stop = async (): Promise<void> => {
        await Promise.all([p1.close(), p2.close()])
      }
      return { p1, p2, stop }
    }
    testPacketConn(runner, makePackets, {
      label: `udp to ${other} over ${label}`,
      limit: common.limit,
      network: 'udp',
      largest: network === 'tcp4' ? 65_507 : 65_527,
      makeConnected: () => a.target.dialUDP('udp', null, new UDPAddr(parseIP(other), 9)),
    })
  }
}
