import { expect, test } from 'vitest'
import { parseNSSConf, type NSSConf } from '../src/files/nsswitch.ts'
import { hostLookupOrder, type OrderConditions } from '../src/order/order.ts'
import { parseResolvConf } from '../src/files/resolv_conf.ts'
import { Resolver } from '../src/resolver.ts'
import type { ResolverEvent } from '../src/client/event.ts'

const missing = Object.assign(new Error('open: no such file or directory'), { code: 'ENOENT' })
const none: NSSConf = { sources: new Map(), error: missing }

interface Case {
  nss?: string | NSSConf
  resolv?: string
  resolvError?: Error
  host?: string
  platform?: string
  env?: Record<string, string>
  preferSystem?: boolean
  mdnsAllow?: boolean
  machine?: string
}

function conditions(c: Case): OrderConditions {
  const nss = typeof c.nss === 'object' ? c.nss : parseNSSConf(c.nss ?? '')
  return {
    preferSystem: c.preferSystem,
    platform: c.platform ?? 'linux',
    env: c.env ?? {},
    resolvConf: () => ({ ...parseResolvConf(c.resolv ?? ''), error: c.resolvError ?? null }),
    nss: () => nss,
    machineName: () => c.machine ?? 'machine.example',
    mdnsAllow: () => c.mdnsAllow ?? false,
  }
}

const cases: [string, Case, string][] = [
  ['no nsswitch.conf', { nss: none }, 'files,dns'],
  ['no nsswitch.conf on solaris', { nss: none, platform: 'sunos' }, 'system'],
  ['an nsswitch.conf without hosts', { nss: 'passwd: files' }, 'files,dns'],
  [
    'an nsswitch.conf that is wrong',
    { nss: { sources: new Map(), error: new Error('no colon on line') } },
    'system',
  ],
  ['... and ours', { nss: { sources: new Map(), error: new Error('x') }, preferSystem: false }, 'files,dns'],
  ['files dns', { nss: 'hosts: files dns' }, 'files,dns'],
  ['dns files', { nss: 'hosts: dns files' }, 'dns,files'],
  ['files', { nss: 'hosts: files' }, 'files'],
  ['dns', { nss: 'hosts: dns' }, 'dns'],
  ['a source that is not known', { nss: 'hosts: files wins dns' }, 'system'],
  ['... and ours', { nss: 'hosts: files wins dns', preferSystem: false }, 'files,dns'],
  ['... alone and ours', { nss: 'hosts: wins', preferSystem: false }, 'dns'],
  ['... behind files and ours', { nss: 'hosts: files wins', preferSystem: false }, 'files,dns'],
  ['mdns, and a common name', { nss: 'hosts: files mdns4_minimal [NOTFOUND=return] dns' }, 'files,dns'],
  ['mdns, and a name under .local', { nss: 'hosts: files mdns dns', host: 'x.LOCAL.' }, 'system'],
  [
    'mdns, .local and ours',
    { nss: 'hosts: files mdns dns', host: 'x.local', preferSystem: false },
    'files,dns',
  ],
  ['mdns with mdns.allow', { nss: 'hosts: files mdns dns', mdnsAllow: true }, 'system'],
  ['myhostname, and a common name', { nss: 'hosts: files dns myhostname' }, 'files,dns'],
  ['myhostname, and this machine', { nss: 'hosts: files dns myhostname', host: 'Machine.Example' }, 'system'],
  ['myhostname, and localhost', { nss: 'hosts: files dns myhostname', host: 'a.localhost' }, 'system'],
  ['myhostname, and the gateway', { nss: 'hosts: files dns myhostname', host: '_gateway' }, 'system'],
  ['standard conditions', { nss: 'hosts: files [success=return] dns' }, 'files,dns'],
  ['other conditions', { nss: 'hosts: files [success=continue] dns' }, 'system'],
  [
    'other conditions and ours',
    { nss: 'hosts: files [success=continue] dns', preferSystem: false },
    'files,dns',
  ],
  ['an unknown option', { nss: 'hosts: files dns', resolv: 'options weird' }, 'system'],
  ['an unknown option and ours', { nss: 'hosts: dns', resolv: 'options weird', preferSystem: false }, 'dns'],
  ['a resolv.conf that is missing', { nss: none, resolvError: missing }, 'files,dns'],
  ['a resolv.conf that cannot be read', { nss: none, resolvError: new Error('EIO') }, 'system'],
  ['a backslash', { nss: 'hosts: files dns', host: 'a\\.b' }, 'system'],
  ['a percent sign', { nss: 'hosts: files dns', host: 'a%b' }, 'system'],
  ['a percent sign and ours', { nss: 'hosts: dns', host: 'a%b', preferSystem: false }, 'dns'],
  ['LOCALDOMAIN, empty', { nss: none, env: { LOCALDOMAIN: '' } }, 'system'],
  ['RES_OPTIONS', { nss: none, env: { RES_OPTIONS: 'x' } }, 'system'],
  ['RES_OPTIONS, empty', { nss: none, env: { RES_OPTIONS: '' } }, 'files,dns'],
  ['HOSTALIASES and ours', { nss: none, env: { HOSTALIASES: 'x' }, preferSystem: false }, 'files,dns'],
  ['darwin', { nss: 'hosts: files dns', platform: 'darwin' }, 'system'],
  ['darwin and ours', { nss: none, platform: 'darwin', preferSystem: false }, 'files,dns'],
  ['windows', { platform: 'win32' }, 'system'],
  ['windows and ours', { platform: 'win32', preferSystem: false }, 'files,dns'],
  ['android and ours', { nss: 'hosts: dns', platform: 'android', preferSystem: false }, 'files,dns'],
  ['android', { platform: 'android' }, 'system'],
  ['openbsd', { platform: 'openbsd', resolv: '' }, 'dns,files'],
  ['openbsd without resolv.conf', { platform: 'openbsd', resolvError: missing }, 'files'],
  ['openbsd, bind', { platform: 'openbsd', resolv: 'lookup bind' }, 'dns'],
  ['openbsd, file bind', { platform: 'openbsd', resolv: 'lookup file bind' }, 'files,dns'],
  ['openbsd, bind file', { platform: 'openbsd', resolv: 'lookup bind file' }, 'dns,files'],
  ['openbsd, yp', { platform: 'openbsd', resolv: 'lookup file bind yp' }, 'system'],
  ['openbsd with ASR_CONFIG', { platform: 'openbsd', env: { ASR_CONFIG: 'x' } }, 'system'],
  ['a preference for the system', { nss: 'hosts: files dns', preferSystem: true }, 'system'],
]

// Go's own tables, TestConfHostLookupOrder and TestAddrLookupOrder: what nsswitch.conf says, and for each host what is chosen.
const special = [
  'myhostname',
  'myHostname',
  '_gateway',
  '_Gateway',
  '_outbound',
  '_Outbound',
  'localhost',
  'Localhost',
]
const local = ['anything.localhost', 'Anything.localhost', 'localhost.localdomain', 'Localhost.Localdomain']
const deep = ['anything.localhost.localdomain', 'Anything.Localhost.Localdomain']
const squeeze =
  'dns [success=return notfound=continue unavail=continue tryagain=continue] files [notfound=return]'
const trusty = 'files myhostname mdns4_minimal [NOTFOUND=return] dns mdns4'
const tables: [hosts: string, order: string, names: string[], options?: Case][] = [
  ['files mdns dns', 'files,dns', ['x.com']],
  ['files mdns dns', 'system', ['x.local']],
  ['dns', 'dns', ['x.com']],
  ['dns', 'system', ['x\\.com', 'foo.com%en0']],
  ['files mdns dns', 'system', ['x.com', 'x.local'], { mdnsAllow: true }],
  ['files dns', 'files,dns', ['x.com', 'x', 'x.local']],
  ['dns files', 'dns,files', ['x.com', 'x', 'x.local']],
  ['dns files something_custom', 'system', ['x.com']],
  ['files dns myhostname', 'files,dns', ['x.com', 'somehostname', 'gateway', 'outbound']],
  ['files dns myhostname', 'system', [...special, ...local, ...deep]],
  ['files dns myhostname', 'system', ['myhostname.dot', 'myHostname.dot'], { machine: 'myhostname.dot' }],
  [trusty, 'files,dns', ['x.com', 'somehostname']],
  [trusty, 'system', ['myhostname']],
  [squeeze, 'dns,files', ['x.com', 'somehostname']],
  ['', 'files,dns', ['localhost'], { preferSystem: false, platform: 'darwin' }],
  ['resolve files', 'dns,files', ['x.com'], { preferSystem: false }],
  ['mymachines files dns', 'files,dns', ['x.com'], { preferSystem: false }],
  ['dns mymachines files', 'dns,files', ['x.com'], { preferSystem: false }],
  ['files myhostname dns', 'system', ['']],
  ['files mdns4 dns', 'system', ['']],
]

test.each(
  tables.flatMap(([hosts, order, names, options]) => names.map((host) => ({ hosts, order, host, options }))),
)('hostLookupOrder() of "$host" with "hosts: $hosts" is $order', ({ hosts, order, host, options }) => {
  const c = conditions({ nss: `hosts: ${hosts}`, machine: 'myhostname', ...options })
  expect(hostLookupOrder(c, host).order).toBe(order)
})

test.each(cases.map(([what, c, order], i) => ({ what, c, order, i })))(
  'hostLookupOrder() with $what is $order (case $i)',
  ({ c, order }) => {
    const choice = hostLookupOrder(conditions(c), c.host ?? 'host.example')
    expect(choice.order).toBe(order)
    expect(choice.reason).not.toBe('')
  },
)

test('Resolver explains its choice to debug', async () => {
  const events: ResolverEvent[] = []
  const resolver = new Resolver({
    dial: async () => Promise.reject(new Error('no network')),
    preferSystem: false,
    nsswitch: parseNSSConf('hosts: dns'),
    resolvConf: { servers: ['192.0.2.1:53'], attempts: 1 },
    debug: (event) => events.push(event),
  })
  await expect(resolver.lookupIP('ip4', 'host.example')).rejects.toThrow('no network')
  expect(events).toMatchObject([
    { type: 'order', host: 'host.example', order: 'dns', reason: 'nsswitch.conf says dns for hosts' },
    { type: 'query', name: 'host.example.', rrtype: 1, server: '192.0.2.1:53' },
    { type: 'failure', name: 'host.example.', error: { err: 'no network' } },
  ])
})
