import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseIP } from '@net/addr'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../src/index.ts'
import { destination, parseNumeric } from '../src/base/address.ts'
import { Rules } from '../src/account/rules.ts'

const deny = (...addresses: string[]): Policy => ({
  rules: addresses.map((address) => ({ action: 'deny', address })),
})

/** The policies, as a user writes them. */
const policies = {
  'deny loopback': deny('loopback'),
  'deny private': deny('private'),
  'deny 10.0.0.0/8': deny('10.0.0.0/8'),
  'deny one host': deny('192.0.2.7'),
  'deny multicast': deny('multicast'),
  'allow one network only': {
    rules: [{ action: 'allow', address: '192.0.2.0/24' }],
    otherwise: 'deny',
  },
  'allow multicast, deny private': {
    rules: [
      { action: 'allow', address: 'multicast' },
      { action: 'deny', address: 'private' },
    ],
  },
} as const satisfies Record<string, Policy>

type Name = keyof typeof policies
const names = Object.keys(policies) as Name[]

/**
 * What each of the policies, in their order, says of each form of an address: + it is allowed, - it is
 * denied.
 */
const table: readonly [address: string, verdicts: string][] = [
  // This machine, by all its names.
  ['127.0.0.1', '-++++-+'],
  ['127.1', '-++++-+'],
  ['127.0.1', '-++++-+'],
  ['127.255.255.254', '-++++-+'],
  ['::1', '-++++-+'],
  ['0:0:0:0:0:0:0:1', '-++++-+'],
  ['0.0.0.0', '-++++-+'],
  ['::', '-++++-+'],
  ['::ffff:127.0.0.1', '-++++-+'],
  ['::ffff:7f00:1', '-++++-+'],
  ['::ffff:0.0.0.0', '-++++-+'],
  ['::127.0.0.1', '-++++-+'],
  ['::ffff:0:127.0.0.1', '-++++-+'],
  ['64:ff9b::127.0.0.1', '-++++-+'],
  ['64:ff9b:1::127.0.0.1', '-++++-+'],
  ['2002:7f00:1::', '-++++-+'],
  ['2001:db8::5efe:127.0.0.1', '-++++-+'],
  ['2001:db8::200:5efe:127.0.0.1', '-++++-+'],
  // A private host.
  ['10.1.2.3', '+--++--'],
  ['10.1.3', '+--++--'],
  ['::ffff:10.1.2.3', '+--++--'],
  ['::10.1.2.3', '+--++--'],
  ['64:ff9b::a01:203', '+--++--'],
  ['64:ff9b:1::a01:203', '+--++--'],
  ['2002:a01:203:1::9', '+--++--'],
  ['fe80::5efe:a01:203', '+--++--'],
  ['172.16.0.1', '+-+++--'],
  ['192.168.255.255', '+-+++--'],
  ['fd00::1', '+-+++--'],
  ['fc00::1', '+-+++--'],
  // One host of a network that may be reached, and the translated form of it, which is another way.
  ['192.0.2.7', '+++-+++'],
  ['::ffff:192.0.2.7', '+++-+++'],
  ['64:ff9b::192.0.2.7', '+++-+-+'],
  ['192.0.2.8', '+++++++'],
  // Everybody near: broadcasts, one of them of an attached public network, and groups.
  ['255.255.255.255', '----+--'],
  ['::ffff:255.255.255.255', '----+--'],
  ['198.51.100.255', '----+--'],
  ['198.51.100.0', '----+--'],
  ['224.0.0.1', '------+'],
  ['239.255.255.250', '------+'],
  ['ff02::1', '------+'],
  ['ff0e::101', '------+'],
  // Others.
  ['198.51.100.9', '+++++-+'],
  ['203.0.113.255', '+++++-+'],
  ['2001:db8::1', '+++++-+'],
  ['169.254.169.254', '+++++-+'],
  ['fe80::1', '+++++-+'],
]

// The machine is in 198.51.100.0/24.
const broadcasts = ['198.51.100.0', '198.51.100.255'].flatMap((text) => parseIP(text) ?? [])
const rulesOf = (name: Name): Rules => new Rules(policies[name], (ip) => broadcasts.some((b) => b.equal(ip)))

describe.each(table)('of %s', (address, verdicts) => {
  const parsed = parseNumeric(address)
  const ip = parsed === null ? null : destination(parsed)

  test.each(names.map((name, i) => [name, verdicts[i] === '+'] as const))(
    '"%s" says in every direction that it is allowed: %s',
    (name, allowed) => {
      if (ip === null) throw new Error(`${address} is no address`)
      const rules = rulesOf(name)
      const said = {
        connect: rules.allows('connect', 'tcp', ip, 80),
        datagram: rules.allows('connect', 'udp', ip, 80),
        announce: rules.allows('announce', 'tcp', ip, 80),
        announceUDP: rules.allows('announce', 'udp', ip, 80),
        // Groups to join, addresses that cs, dns and the files of interfaces tell.
        told: rules.reaches(ip),
      }
      const wanted = Object.fromEntries(Object.keys(said).map((key) => [key, allowed]))
      expect(said).toEqual(wanted)
      // Who comes in is held to the rules about addresses, and not to what holds for all others.
      const isNamed = name !== 'allow one network only'
      expect(rules.admits('tcp', ip)).toBe(isNamed ? allowed : true)
      expect(rules.admits('udp', ip)).toBe(isNamed ? allowed : true)
    },
  )
})

test.each(['127.0.0.1%lo', 'fe80::1%eth0', '[::1]', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '1.2.3.4/32'])(
  'parseNumeric() takes no address from %s, so that no rule has to know it',
  (text) => {
    expect(parseNumeric(text)).toBe(null)
  },
)

describe('rules about ports', () => {
  const rules = new Rules({ rules: [{ action: 'deny', operation: 'announce', port: [1, 1023] }] })
  test.each([
    ['announce', 1, false],
    ['announce', 1023, false],
    ['announce', 1024, true],
    ['connect', 80, true],
  ] as const)('keep the privileged ones: %s of %i is allowed: %s', (operation, port, allowed) => {
    expect(rules.allows(operation, 'tcp', null, port)).toBe(allowed)
    expect(rules.allows(operation, 'udp', parseIP('192.0.2.1'), port)).toBe(allowed)
  })
})

const refused = spawnSync('unshare', ['--net', 'true']).status === 0 ? null : 'no network namespaces here'

describe.skipIf(refused !== null)(
  `in a network of its own${refused === null ? '' : ` (skipped: ${refused})`}`,
  () => {
    test('broadcasts of an attached network are refused, and the files of interfaces tell no denied address', () => {
      const script = fileURLToPath(new URL('./denied_addresses.mjs', import.meta.url))
      const setUp = [
        'ip link set lo up',
        'ip link add one type veth peer name two && ip link set one up && ip link set two up',
        'ip addr add 198.51.100.5/24 dev one && ip addr add 10.9.0.5/24 dev one',
        'exec "$0" "$1"',
      ].join(' && ')
      const out = execFileSync('unshare', ['--net', 'sh', '-c', setUp, process.execPath, script], {
        encoding: 'utf8',
      })
      expect(JSON.parse(out)).toEqual({
        '198.51.100.255': 'permission denied',
        '198.51.100.0': 'permission denied',
        '255.255.255.255': 'permission denied',
        '224.0.0.1': 'permission denied',
        '10.9.0.255': 'permission denied',
        '198.51.100.9': 'done',
        tells: { public: true, private: false, loopback: false, hardware: true },
      })
    })
  },
)
