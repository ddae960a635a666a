import type { Target } from '../target.ts'
import { equal, ok, rejects } from './assert.ts'
import { part, type Runner } from './part.ts'
import { labelOf, nothing, type TargetOptions } from './target_options.ts'

const methods: readonly (keyof Target)[] = [
  'fileConn',
  'fileListener',
  'filePacketConn',
  'interfaces',
  'interfaceAddrs',
  'interfaceByIndex',
  'interfaceByName',
  'dialIP',
  'listenIP',
  'supportsIPv4',
  'supportsIPv6',
  'supportsIPv4map',
  'lookupHost',
  'lookupIP',
  'lookupIPAddr',
  'lookupPort',
  'lookupCNAME',
  'lookupSRV',
  'lookupMX',
  'lookupNS',
  'lookupTXT',
  'lookupAddr',
  'lookupProtocol',
  'dialTCP',
  'listenTCP',
  'dialUDP',
  'listenUDP',
  'dialUnix',
  'listenUnix',
  'listenUnixgram',
]

/** Registers the statements about the groups of a target. */
export function testTargetGroups(t: Runner, target: Target, what: TargetOptions): void {
  const states = (statement: string, body: () => Promise<void>): void => {
    part(t, { limit: what.limit, label: labelOf(target, what) }, statement, nothing, body)
  }
  states('every method of every group is there', async () => {
    ok(target.name !== '', 'the target has no name')
    for (const name of methods) equal(typeof target[name], 'function', name)
  })
  states('supportsIPv4() and supportsIPv6() agree with what is tested', async () => {
    if (what.tcp4 === true || what.udp4 === true) equal(target.supportsIPv4(), true, 'supportsIPv4()')
    if (what.tcp6 === true || what.udp6 === true) equal(target.supportsIPv6(), true, 'supportsIPv6()')
    equal(typeof target.supportsIPv4map(), 'boolean', 'type of supportsIPv4map()')
  })
  if (what.interfaces === true) {
    states('interfaceByIndex() and interfaceByName() agree with interfaces()', async () => {
      const all = await target.interfaces()
      ok(
        all.some((i) => i.flags.toString().includes('loopback')),
        'no interface loops back',
      )
      for (const i of all) {
        equal((await target.interfaceByIndex(i.index)).name, i.name, `name of interface ${i.index}`)
        equal((await target.interfaceByName(i.name)).index, i.index, `index of interface ${i.name}`)
      }
      await rejects(() => target.interfaceByName('no such name'), 'interfaceByName()')
      const addrs = (await target.interfaceAddrs()).map((a) => a.toString())
      for (const i of all) {
        for (const a of await i.addrs())
          ok(addrs.includes(a.toString()), `${a.toString()} is not among all addresses`)
      }
    })
  }
  if (what.lookups === true) {
    states('lookups that need no server give what every system has', async () => {
      const hosts = await target.lookupHost('localhost')
      ok(hosts.includes('127.0.0.1') || hosts.includes('::1'), `localhost is ${hosts.join()}`)
      equal((await target.lookupHost('192.0.2.1')).join(), '192.0.2.1', 'lookupHost() of an address')
      equal(await target.lookupPort('tcp', 'http'), 80, 'port of http')
      equal(await target.lookupPort('tcp', '8080'), 8080, 'port of 8080')
      const signal = AbortSignal.abort('no')
      equal(
        await rejects(() => target.lookupHost('localhost', { signal }), 'lookupHost()'),
        'no',
        'the reason',
      )
    })
  }
}
