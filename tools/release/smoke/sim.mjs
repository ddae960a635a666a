import assert from 'node:assert/strict'
import { parseIP, TCPAddr } from '@net/addr'
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
