import { parseIPZone, TCPAddr, UDPAddr } from '@net/addr'
import type { NetFile, Target } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { Resolver } from '@net/resolve'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embeddedNet } from '../src/index.ts'
import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { echo, read, target, write } from './nets.ts'

let check: () => Promise<void>
let server: Dnsmasq
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
  if (dnsmasqPath !== null) server = await Dnsmasq.start(dnsmasqPath, zone)
})
afterAll(async () => {
  if (dnsmasqPath !== null) await server[Symbol.asyncDispose]()
  await check()
})

// The zone of trace 2.3, as far as dnsmasq has it.
const zone = [
  '--local=/p9.test/',
  '--host-record=multi.p9.test,10.0.2.11',
  '--host-record=multi.p9.test,10.0.2.12',
  '--host-record=six.p9.test,10.0.2.13,fd00::6',
  '--host-record=p9vm.p9.test,10.0.2.15',
  '--cname=alias.p9.test,multi.p9.test',
  '--mx-host=p9.test,mail.p9.test,10',
  '--txt-record=p9.test,hello world',
  '--srv-host=_9fs._tcp.p9.test,p9vm.p9.test,564,5,7',
]

// The target with a resolver that asks the test's server through the target's own sockets.
function targetOf(address: string): Target {
  const resolver = new Resolver({
    resolvConf: { servers: [address], attempts: 1, search: [] },
    preferSystem: false,
    dial: (network, to, options) => {
      const [host = '', port = ''] = to.split(':')
      const ip = parseIPZone(host)?.ip ?? null
      return network.startsWith('udp')
        ? target.dialUDP('udp', null, new UDPAddr(ip, Number(port)), options)
        : target.dialTCP('tcp', null, new TCPAddr(ip, Number(port)), options)
    },
  })
  return {
    ...target,
    lookupIP: (network, host, options) => resolver.lookupIP(network, host, options),
    lookupCNAME: (host, options) => resolver.lookupCNAME(host, options),
    lookupMX: (name, options) => resolver.lookupMX(name, options),
    lookupNS: (name, options) => resolver.lookupNS(name, options),
    lookupTXT: (name, options) => resolver.lookupTXT(name, options),
    lookupSRV: (service, proto, name, options) => resolver.lookupSRV(service, proto, name, options),
    lookupAddr: (addr, options) => resolver.lookupAddr(addr, options),
  }
}

async function answers(file: NetFile, query: string): Promise<string[] | string> {
  file.rewind()
  const words = await write(file, query).then(
    () => null,
    (e: unknown) => (e as Error).message,
  )
  if (words !== null) return words
  file.rewind()
  const all: string[] = []
  for (let text = await read(file); text !== ''; text = await read(file)) all.push(text)
  return all.sort()
}

describe.skipIf(dnsmasqPath === null)('with dnsmasq', () => {
  test('dns answers as trace 2.3 does', async () => {
    await using net = embeddedNet(targetOf(server.address))
    const dns = await net.open('dns', 'rw')
    const multi = ['multi.p9.test ip\t10.0.2.11', 'multi.p9.test ip\t10.0.2.12']
    const table: [string, string[] | string][] = [
      ['multi.p9.test ip', multi],
      ['multi.p9.test. ip', multi],
      ['multi.p9.test ip\n', multi],
      ['!multi.p9.test ip', ['dom=multi.p9.test ip=10.0.2.11', 'dom=multi.p9.test ip=10.0.2.12']],
      ['six.p9.test ipv6', ['six.p9.test ipv6\tfd00::6']],
      ['alias.p9.test ip', multi],
      ['alias.p9.test cname', ['alias.p9.test cname\tmulti.p9.test']],
      ['multi.p9.test cname', 'dns: resource does not exist; negrcode 0'],
      ['p9.test mx', ['p9.test mx\t10 mail.p9.test']],
      ['p9.test txt', ['p9.test txt\thello world']],
      ['!p9.test txt', ['dom=p9.test txt="hello world"']],
      ['_9fs._tcp.p9.test srv', ['_9fs._tcp.p9.test srv\t5 7 564 p9vm.p9.test']],
      ['15.2.0.10.in-addr.arpa ptr', ['15.2.0.10.in-addr.arpa ptr\tp9vm.p9.test']],
      ['10.0.2.15 ptr', 'dns: dns failure'],
      ['nosuch.p9.test ip', 'dns: name does not exist'],
      ['p9.test soa', 'dns: dns failure'],
      ['multi.p9.test', 'dns: illegal request multi.p9.test'],
      ['multi.p9.test bogus', 'dns: unknown type bogus'],
      ['multi.p9.test constructor', 'dns: unknown type constructor'],
      ['multi.p9.test  ip', 'dns: illegal request multi.p9.test  ip'],
      ['', 'dns: illegal request '],
      ['debug', []],
      ['refresh', []],
      ['target 5', []],
    ]
    for (const [query, expected] of table)
      expect([query, await answers(dns, query)]).toEqual([query, expected])
    const any = await answers(dns, 'p9.test any')
    expect(any).toContain('p9.test mx\t10 mail.p9.test')
    expect(any).toContain('p9.test txt\thello world')
    await dns.close()
  })

  test('a query at an offset is refused, and reads honour theirs', async () => {
    await using net = embeddedNet(targetOf(server.address))
    const dns = await net.open('dns', 'rw')
    await write(dns, 'six.p9.test ip')
    expect(await read(dns)).toBe('\t10.0.2.13'.slice(-10))
    await expect(write(dns, 'six.p9.test ip')).rejects.toThrow('dns: writing at non-zero offset')
    dns.rewind()
    await write(dns, 'six.p9.test ip')
    dns.rewind()
    expect(await read(dns, 3)).toBe('six')
    expect(await read(dns)).toBe('.p9.test ip\t10.0.2.13')
    expect(await read(dns)).toBe('')
    await dns.close()
  })

  test('cs asks the same names', async () => {
    await using net = embeddedNet(targetOf(server.address))
    const cs = await net.open('cs', 'rw')
    expect(await answers(cs, 'tcp!multi.p9.test!http')).toEqual([
      '/net/tcp/clone 10.0.2.11!80',
      '/net/tcp/clone 10.0.2.12!80',
    ])
    expect(await answers(cs, 'tcp!nosuch.p9.test!80')).toBe(
      "cs: can't translate address: dns: name does not exist",
    )
    await cs.close()
  })

  test('lookups can be flushed, and nothing hangs when the server is gone', async () => {
    const gone = await target.listenUDP('udp4', new UDPAddr(parseIPZone('127.0.0.1')?.ip ?? null, 0))
    await using net = embeddedNet(targetOf(`127.0.0.1:${gone.localAddr.port}`))
    const dns = await net.open('dns', 'rw')
    const abort = new AbortController()
    const asking = write(dns, 'multi.p9.test ip', { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
    await dns.close()
    await gone.close()
  })
})
