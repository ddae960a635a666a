import { parseIP, TCPAddr } from '@net/addr'
import { expect, test } from 'vitest'
import { SimNetwork } from '../src/index.ts'

const at = (text: string, port: number): TCPAddr => new TCPAddr(parseIP(text), port)

test('a connection between two hosts takes the time that the link takes', async () => {
  const sim = new SimNetwork({ seed: 1 })
  const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
  const b = sim.host('b', { addrs: ['10.0.0.2/24'] })
  sim.link(a, b, { latency: 50 })
  await sim.run(async () => {
    const listener = await b.target.listenTCP('tcp', at('10.0.0.2', 80))
    const begin = performance.now()
    const [client, server] = await Promise.all([
      a.target.dialTCP('tcp', null, listener.addr),
      listener.accept(),
    ])
    expect(performance.now() - begin).toBe(150)
    await client.write(new TextEncoder().encode('hello'))
    const p = new Uint8Array(16)
    expect(await server.read(p)).toBe(5)
    expect(performance.now() - begin).toBe(200 - 0)
    await client.close()
    expect(await server.read(p)).toBeNull()
    await server.close()
  })
  console.log(sim.trace.toString())
})
