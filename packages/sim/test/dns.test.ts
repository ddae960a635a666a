import { DNSError } from '@net/contract'
import { expect, test } from 'vitest'
import { SimNetwork, type Host, type Zone } from '../src/index.ts'

const zone: Zone = {
  www: { A: ['10.0.0.80'], AAAA: ['fd00::80'] },
  alias: { CNAME: 'www' },
  big: { TXT: Array.from({ length: 40 }, (_, i) => `${i} `.padEnd(100, 'x')) },
  '@': { MX: [{ pref: 10, host: 'mail' }], NS: ['ns'] },
  '_web._tcp': { SRV: [{ port: 8080, target: 'www' }] },
}

function network(): { sim: SimNetwork; client: Host; kill: () => void } {
  const sim = new SimNetwork({ seed: 3 })
  const { host } = sim.dns('ns', { addrs: ['10.0.0.53/24'], zone, origin: 'example.com' })
  const conf =
    'nameserver 10.0.0.54\nnameserver 10.0.0.53\nsearch example.com\noptions timeout:1 attempts:2\n'
  const client = sim.host('client', {
    addrs: ['10.0.0.1/24', 'fd00::1/64'],
    resolvConf: conf,
    hosts: '10.0.0.7 seven\n',
  })
  const dead = sim.host('dead', { addrs: ['10.0.0.54/24'] })
  sim.switch('lan', [host, client, dead], { latency: 10 })
  return { sim, client, kill: () => dead.crash() }
}

test('names are looked up by the real resolver, over the host’s own packets', async () => {
  const { sim, client } = network()
  await sim.run(async () => {
    const { target } = client
    expect((await target.lookupHost('www.example.com')).sort()).toEqual(['10.0.0.80', 'fd00::80'])
    expect(await target.lookupHost('seven')).toEqual(['10.0.0.7'])
    expect(await target.lookupCNAME('alias')).toBe('www.example.com.')
    expect(await target.lookupMX('example.com')).toEqual([{ host: 'mail.example.com.', pref: 10 }])
    expect((await target.lookupSRV('web', 'tcp', 'example.com')).addrs).toMatchObject([{ port: 8080 }])
    const error = await target.lookupHost('nobody.example.com').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DNSError)
    expect((error as DNSError).isNotFound).toBe(true)
  })
})

test('an answer that is too large for a packet is asked for again over TCP', async () => {
  const { sim, client } = network()
  await sim.run(async () => {
    expect(await client.target.lookupTXT('big.example.com')).toHaveLength(40)
  })
  expect(sim.trace.toString()).toMatch(/tcp 10\.0\.0\.1:\d+ > 10\.0\.0\.53:53 S /)
})

test('a server that is dead costs the time that resolv.conf gives it, and the next one answers', async () => {
  const { sim, client, kill } = network()
  kill()
  await sim.run(async () => {
    const begin = performance.now()
    expect((await client.target.lookupHost('www')).length).toBe(2)
    expect(performance.now() - begin).toBe(1040)
  })
})

test('a spoofed answer with another number is not taken', async () => {
  const { sim, client } = network()
  using _rule = sim.rule(({ srcPort, payload }) => {
    if (srcPort !== 53) return 'pass'
    const forged = payload.slice()
    forged[0] = (forged[0] ?? 0) ^ 1
    return { change: forged }
  })
  await sim.run(async () => {
    await expect(client.target.lookupHost('www.example.com')).rejects.toMatchObject({ isTimeout: true })
  })
})
