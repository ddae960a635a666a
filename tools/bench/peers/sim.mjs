// The roles over @net/sim: a network of simulated hosts within the process.
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { SimNetwork } from '@net/sim'
import { play } from './role.mjs'

const AT_ONCE = 100 // datagrams that are sent before they are read
const SECOND = 1000
const ENDLESS = { timeLimit: Infinity, eventLimit: Infinity }

/** A simulated network with so many hosts on a switch. */
function lan(count) {
  const sim = new SimNetwork({ seed: 1, ...ENDLESS })
  const hosts = Array.from({ length: count }, (_, i) =>
    sim.host(`h${i}`, { addrs: [`10.0.${i >> 8}.${i & 255}/16`] }),
  )
  sim.switch('lan', hosts, { latency: 1 })
  return { sim, hosts }
}

/** Two hosts on a perfect link. */
function pair() {
  const sim = new SimNetwork({ seed: 1, ...ENDLESS })
  const [a, b] = [1, 2].map((i) => sim.host(`h${i}`, { addrs: [`10.0.0.${i}/24`] }))
  sim.link(a, b)
  return { sim, a, b, at: parseIP('10.0.0.2') }
}

/** Runs a body in virtual time; gives the milliseconds of the real one, and the packets that went. */
async function timed(sim, body) {
  const before = sim.trace.count
  const start = performance.now()
  await sim.run(body)
  // Each packet is seen twice: when it leaves and when it comes in.
  return { ms: performance.now() - start, packets: (sim.trace.count - before) / 2 }
}

async function datagrams(bytes) {
  const { sim, a, b, at } = pair()
  const to = await b.target.listenUDP('udp', new UDPAddr(at, 7))
  const from = await a.target.dialUDP('udp', null, to.localAddr)
  const p = new Uint8Array(Number(bytes))
  const q = new Uint8Array(2048)
  const command = (count) =>
    timed(sim, async () => {
      for (let n = 0; n < count; n += AT_ONCE) {
        for (let i = 0; i < AT_ONCE; i++) await from.write(p)
        for (let i = 0; i < AT_ONCE; i++) await to.read(q)
      }
    })
  return { command }
}

async function stream() {
  const { sim, a, b, at } = pair()
  const listener = await b.target.listenTCP('tcp', new TCPAddr(at, 80))
  const [p, q] = [new Uint8Array(65_536), new Uint8Array(65_536)]
  const command = (count) =>
    timed(sim, async () => {
      const [c, s] = await Promise.all([a.target.dialTCP('tcp', null, listener.addr), listener.accept()])
      const write = async () => {
        for (let n = 0; n < count; n++) await c.write(p)
        await c.close()
      }
      const read = async () => {
        while ((await s.read(q)) !== null);
        await s.close()
      }
      await Promise.all([write(), read()])
    })
  return { command }
}

/** Hosts of which each sends a datagram a second to another one, or which say nothing. */
async function hosts(count, gossip) {
  const made = lan(Number(count))
  const { sim } = made
  const sockets = []
  if (gossip === 'gossip') {
    for (const { target } of made.hosts) sockets.push(await target.listenUDP('udp', new UDPAddr(null, 7)))
  }
  const addrs = made.hosts.map((host) => new UDPAddr(parseIP(host.addrs[0]), 7))
  const p = new Uint8Array(64)
  const command = (seconds) =>
    timed(sim, async () => {
      for (const socket of sockets) socket.setReadDeadline(Date.now() + seconds * SECOND)
      const listening = sockets.map(async (socket) => {
        for (;;) await socket.read(new Uint8Array(64))
      })
      const telling = sockets.map(async (socket) => {
        for (let i = 0; i < seconds; i++) {
          await socket.writeTo(p, addrs[Math.floor(Math.random() * addrs.length)])
          await new Promise((resolve) => setTimeout(resolve, SECOND))
        }
      })
      if (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, seconds * SECOND))
      await Promise.allSettled([...telling, ...listening])
    })
  return { command }
}

/** Connections between two hosts that say nothing; a command makes so many more. */
async function connections() {
  const { sim, a, b, at } = pair()
  const listener = await b.target.listenTCP('tcp', new TCPAddr(at, 80))
  const open = []
  const command = (count) =>
    timed(sim, async () => {
      for (let i = 0; i < count; i++)
        open.push(...(await Promise.all([a.target.dialTCP('tcp', null, listener.addr), listener.accept()])))
    })
  return { command }
}

await play({ datagrams, stream, hosts, connections })
