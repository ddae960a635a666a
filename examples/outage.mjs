// How a client gets through an outage, on a simulated network: the cable is out for some seconds, and time is simulated, too, so that
// waiting takes none. node outage.mjs 30
import { Net } from '@net/core'
import { SimNetwork } from '@net/sim'
import { argumentsOf, misused } from './command.mjs'

const form = 'outage.mjs seconds'
const [text = ''] = argumentsOf(form, 1)
const seconds = /^\d{1,3}$/.test(text) ? Number(text) : misused(form)

const sim = new SimNetwork({ seed: 1 })
const client = sim.host('client', { addrs: ['10.0.0.1/24'] })
const server = sim.host('server', { addrs: ['10.0.0.2/24'] })
const cable = sim.link(client, server, { latency: 20 })

/** @param {string} what */
const tell = (what) => console.log(`${(sim.now / 1000).toFixed(2)} s: ${what}`)

/** Asks once, on a connection of its own. */
async function ask() {
  const conn = await new Net(client.target).dial('tcp', '10.0.0.2:7', { timeout: 1000 })
  try {
    conn.setDeadline(Date.now() + 1000)
    await conn.write(new TextEncoder().encode('hello'))
    await conn.read(new Uint8Array(5))
  } finally {
    await conn.close()
  }
}

/** Tries until it works, with pauses that double up to 8 seconds. */
async function askUntilAnswered() {
  for (let pause = 500; ; pause = Math.min(2 * pause, 8000)) {
    try {
      return await ask()
    } catch (e) {
      tell(e instanceof Error ? e.message : String(e))
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

await sim.run(async () => {
  const listener = await new Net(server.target).listen('tcp', ':7')
  const serving = (async () => {
    for await (const conn of listener) await conn.readable.pipeTo(conn.writable).catch(() => {}) // the next may do better
  })()
  await askUntilAnswered()
  tell('answered')
  cable.down()
  tell('the cable is out')
  sim.at(sim.now + seconds * 1000, () => {
    cable.up()
    tell('the cable is in again')
  })
  await askUntilAnswered()
  tell('answered')
  await listener.close()
  await serving
})
