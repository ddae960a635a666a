import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { explore, SimError, SimNetwork } from '@net/sim'

const sim = new SimNetwork({ seed: 1 })
const client = sim.host('client', { addrs: ['10.0.0.1/24'] })
const server = sim.host('server', { addrs: ['10.0.0.2/24'] })
sim.link(client, server, { latency: 50, loss: 0.1 })

const began = performance.now()
await sim.run(async () => {
  const at = new TCPAddr(parseIP('10.0.0.2'), 80)
  const listener = await server.target.listenTCP('tcp', at)
  const [near, far] = await Promise.all([client.target.dialTCP('tcp', null, at), listener.accept()])
  await near.write(new TextEncoder().encode('hello'))
  const p = new Uint8Array(10)
  assert.equal(await far.read(p), 5)
  assert.ok(performance.now() >= 200)
  await Promise.all([near.close(), far.close(), listener.close()])
  await assert.rejects(client.target.dialUnix('unix', null, null), { op: 'dial' })
  await assert.rejects(client.target.fileConn({ fd: 0 }), { code: 'ENOTSUP' })
})
assert.ok(performance.now() - began < 60_000)
assert.match(String(sim.trace), /^0\.000 out client\/eth0 tcp 10\.0\.0\.1:\d+ > 10\.0\.0\.2:80 S /)
assert.deepEqual(sim.leaks(), [])
assert.equal(sim.pcapng().subarray(0, 4).join(), '10,13,13,10')
assert.throws(() => sim.host('client'), SimError)
assert.equal(await explore(3, async () => {}), null)

// The same seeds give the same packets to the byte on every runtime and machine. What changes them on purpose, as a change of TCP
// does, changes the sum of their digests below.
const SUM = '039f087c83572e3f1b8efcddf8710188a2c423fccdcab7361470e26cb1c001a2'

/** The digest of what goes between two hosts in bad weather. @param {number} seed */
async function digestOf(seed) {
  const network = new SimNetwork({ seed, traceLimit: 10_000 })
  const [a, b] = [1, 2].map((i) => network.host(`h${i}`, { addrs: [`10.0.0.${i}/24`, `fd00::${i}/64`] }))
  network.link(a, b, { latency: 20, jitter: 10, loss: 0.1, duplicate: 0.05, reorder: 0.1, corrupt: 0.02 })
  await network.run(async () => {
    const listener = await b.target.listenTCP('tcp', new TCPAddr(parseIP('fd00::2'), 80))
    const [near, far] = await Promise.all([a.target.dialTCP('tcp', null, listener.addr), listener.accept()])
    const write = async () => {
      for (let i = 0; i < 10; i++) {
        await near.write(new Uint8Array(1 + Math.floor(Math.random() * 5000)).fill(i))
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 50))
      }
      await near.close()
    }
    const read = async () => {
      while ((await far.read(new Uint8Array(4096))) !== null);
      await far.close()
    }
    await Promise.all([write(), read(), listener.close()])
    const to = new UDPAddr(parseIP('10.0.0.2'), 7)
    const from = await a.target.listenUDP('udp', new UDPAddr(parseIP('10.0.0.1'), 0))
    for (let i = 0; i < 10; i++) await from.writeTo(new Uint8Array(i * 500), to).catch(() => {}) // nobody is there
    await from.close()
  })
  return createHash('sha256').update(String(network.trace)).update(network.pcapng()).digest('hex')
}

const sum = createHash('sha256')
for (let seed = 1; seed <= 200; seed++) sum.update(await digestOf(seed))
assert.equal(sum.digest('hex'), SUM, 'the packets of 200 seeds')
