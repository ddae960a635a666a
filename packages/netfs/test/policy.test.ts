import { IP, parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { UDPHeader } from '@net/udp-header'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Policy, Rule } from '../src/index.ts'
import { destination, parseNumeric } from '../src/base/address.ts'
import type { Operation } from '../src/account/policy.ts'
import { Rules } from '../src/account/rules.ts'
import { cat, clone, echo, embedded, failure, loopback, nets, read, target, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

type Case = [operation: Operation, network: 'tcp' | 'udp', address: string, port: number, allowed: boolean]

function ip(text: string): IP | null {
  return text === '*' ? null : parseIP(text)
}

const noLoopback: Policy = { rules: [{ action: 'deny', address: 'loopback' }] }
const onlyWeb: Policy = {
  rules: [
    { action: 'deny', address: '10.0.0.0/8' },
    { action: 'allow', operation: 'connect', network: 'tcp', port: [80, 81] },
    { action: 'allow', operation: 'announce', network: 'udp', address: '127.0.0.1', port: 53 },
  ],
  otherwise: 'deny',
}

describe('Policy', () => {
  const tables: [string, Policy, Case[]][] = [
    [
      'without rules',
      {},
      [
        ['connect', 'tcp', '127.0.0.1', 0, true],
        ['announce', 'udp', '*', 65535, true],
      ],
    ],
    [
      'that denies all',
      { otherwise: 'deny' },
      [
        ['connect', 'tcp', '8.8.8.8', 53, false],
        ['announce', 'tcp', '*', 1, false],
      ],
    ],
    [
      'against loopback',
      noLoopback,
      [
        ['connect', 'tcp', '127.0.0.1', 80, false],
        ['connect', 'tcp', '127.255.0.9', 80, false],
        ['connect', 'tcp', '::ffff:127.0.0.1', 80, false],
        ['connect', 'tcp', '::1', 80, false],
        ['connect', 'udp', '64:ff9b::7f00:1', 80, false],
        ['connect', 'tcp', '2002:7f00:1::1', 80, false],
        ['connect', 'tcp', '::127.0.0.1', 80, false],
        ['connect', 'tcp', '192.0.2.1', 80, true],
        ['announce', 'tcp', '*', 80, false],
        ['announce', 'tcp', '192.0.2.1', 80, true],
        ['connect', 'udp', '255.255.255.255', 9, false],
        ['connect', 'udp', '224.0.0.1', 9, false],
        ['connect', 'udp', 'ff02::1', 9, false],
      ],
    ],
    [
      'for the web only',
      onlyWeb,
      [
        ['connect', 'tcp', '192.0.2.1', 80, true],
        ['connect', 'tcp', '192.0.2.1', 81, true],
        ['connect', 'tcp', '192.0.2.1', 82, false],
        ['connect', 'tcp', '192.0.2.1', 79, false],
        ['connect', 'udp', '192.0.2.1', 80, false],
        ['connect', 'tcp', '10.1.2.3', 80, false],
        ['connect', 'tcp', '::ffff:10.1.2.3', 80, false],
        ['connect', 'tcp', '64:ff9b::a01:203', 80, false],
        ['connect', 'tcp', '2001:db8::1', 80, true],
        ['announce', 'udp', '127.0.0.1', 53, true],
        ['announce', 'udp', '*', 53, false],
        ['announce', 'udp', '127.0.0.2', 53, false],
      ],
    ],
    [
      'of IPv6 and mapped networks',
      {
        rules: [
          { action: 'deny', address: 'fe80::/10' },
          { action: 'deny', address: '::ffff:192.168.0.0/112' },
        ],
      },
      [
        ['connect', 'tcp', 'fe80::1', 1, false],
        ['connect', 'tcp', 'fec0::1', 1, true],
        ['connect', 'tcp', '192.168.9.9', 1, false],
        ['connect', 'tcp', '::ffff:192.168.0.1', 1, false],
        ['connect', 'tcp', '192.169.0.1', 1, true],
      ],
    ],
    [
      'of kinds',
      {
        rules: [
          { action: 'deny', address: 'private' },
          { action: 'deny', address: 'link-local' },
          { action: 'deny', address: 'multicast' },
        ],
      },
      [
        ['connect', 'tcp', '10.0.0.1', 1, false],
        ['connect', 'tcp', '172.16.0.1', 1, false],
        ['connect', 'tcp', 'fd00::1', 1, false],
        ['connect', 'tcp', '169.254.169.254', 80, false],
        ['connect', 'udp', '224.0.0.251', 5353, false],
        ['connect', 'udp', 'ff02::fb', 5353, false],
        ['connect', 'udp', '8.8.8.8', 53, true],
      ],
    ],
  ]
  for (const [name, policy, cases] of tables) {
    test.each(cases)(`${name}: %s %s %s %i is allowed: %s`, (operation, network, address, port, allowed) => {
      expect(new Rules(policy).allows(operation, network, ip(address), port)).toBe(allowed)
    })
  }

  test('knows whether anything is allowed with an address', () => {
    const gate = new Rules(onlyWeb)
    const reached = ['192.0.2.1', '127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1'].map((a) => {
      return gate.reaches(ip(a) ?? loopback)
    })
    expect(reached).toEqual([true, true, false, false])
    expect(new Rules({ otherwise: 'deny' }).reaches(loopback)).toBe(false)
    expect(new Rules(noLoopback).reaches(loopback)).toBe(false)
    const edge: Policy = {
      rules: [
        { action: 'deny', port: [0, 65534] },
        { action: 'allow', network: 'udp', operation: 'announce' },
      ],
      otherwise: 'deny',
    }
    expect(new Rules(edge).reaches(loopback)).toBe(true)
  })

  test.each([
    ['deny 10/8', [{ action: 'deny', address: '10.0.0.0/8' }], '10.0.0.1', false],
    ['deny 10/8', [{ action: 'deny', address: '10.0.0.0/8' }], '::ffff:10.0.0.1', false],
    ['deny 10/8', [{ action: 'deny', address: '10.0.0.0/8' }], '192.0.2.1', true],
    ['deny private', [{ action: 'deny', address: 'private' }], 'fd00::1', false],
    ['deny tcp private', [{ action: 'deny', network: 'tcp', address: 'private' }], '10.0.0.1', true],
    ['deny connect', [{ action: 'deny', operation: 'connect', address: 'private' }], '10.0.0.1', true],
    ['deny a port', [{ action: 'deny', address: 'private', port: 22 }], '10.0.0.1', true],
  ] as const)('%s %j lets a datagram from %s in: %s', (_name, rules, from, admitted) => {
    expect(new Rules({ rules }).admits('udp', ip(from) ?? loopback)).toBe(admitted)
  })

  test('that makes no sense is a TypeError', () => {
    const rules = [
      { action: 'perhaps' },
      { action: 'deny', address: 'example.com' },
      { action: 'deny', address: '1.2.3.4/99' },
      { action: 'deny', port: 65536 },
      { action: 'deny', port: [2, 1] },
    ]
    for (const rule of rules) expect(() => new Rules({ rules: [rule as unknown as Rule] })).toThrow(TypeError)
  })

  test('sees through the ways to write an address', () => {
    const gate = new Rules(noLoopback)
    for (const text of [
      '0.0.0.0',
      '::',
      '::ffff:0.0.0.0',
      '127.1',
      '127.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:0:0:1',
    ]) {
      const parsed = parseNumeric(text)
      expect([text, parsed !== null && gate.allows('connect', 'tcp', destination(parsed), 80)]).toEqual([
        text,
        false,
      ])
    }
    for (const text of ['0x7f.0.0.1', '0177.0.0.1', '2130706433', '127.0.0.1%lo', '[::1]']) {
      expect([text, parseNumeric(text)]).toEqual([text, null])
    }
  })
})

describe.each(nets)('the policy %s', (_name, make) => {
  test('is asked before tcp connects, whatever the form of the address', async () => {
    await using peer = await echo()
    await using net = await make({ policy: noLoopback })
    for (const a of ['127.0.0.1', '127.1', '0.0.0.0', '::', '::1', '::ffff:127.0.0.1', '::ffff:0:0']) {
      const { ctl } = await clone(net, 'tcp')
      expect([a, await failure(write(ctl, `connect ${a}!${peer.port}`))]).toEqual([a, 'permission denied'])
      const udp = await clone(net, 'udp')
      expect([a, await failure(write(udp.ctl, `connect ${a}!${peer.port}`))]).toEqual([
        a,
        'permission denied',
      ])
      const restricted = await clone(net, 'tcp')
      expect(await failure(write(restricted.ctl, `connect ${a}!${peer.port}!r`))).toBe('permission denied')
      await Promise.all([ctl.close(), udp.ctl.close(), restricted.ctl.close()])
    }
  })

  test('is asked before an announcement, with the port that port 0 became', async () => {
    await using net = await make({
      policy: { rules: [{ action: 'allow', operation: 'announce', port: 1 }], otherwise: 'deny' },
    })
    for (const proto of ['tcp', 'udp']) {
      for (const a of ['127.0.0.1!0', '*!0', '0', '7110', '127.0.0.1!7110']) {
        const { ctl, dir } = await clone(net, proto)
        expect([a, await failure(write(ctl, `announce ${a}`))]).toEqual([a, 'permission denied'])
        expect(await failure(net.open(`${dir}/listen`))).toBe('not announced')
        expect(await cat(net, `${dir}/local`)).toBe('::!0\n')
        await ctl.close()
      }
    }
  })

  test('is asked for each datagram that names its receiver', async () => {
    await using net = await make({
      policy: { rules: [{ action: 'deny', operation: 'connect', address: 'loopback' }] },
    })
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'headers')
    await write(ctl, 'announce 127.0.0.1!0')
    const data = await net.open(`${dir}/data`)
    const none = IP.from(new Uint8Array(16))
    for (const raddr of [loopback, none, parseIP('::ffff:0.0.0.0') ?? none, parseIP('::1') ?? none]) {
      const header = new UDPHeader({ raddr, laddr: none, ifcaddr: none, rport: 9, lport: 0 })
      expect(await failure(data.write(header.marshal()))).toBe('permission denied')
    }
  })

  test('is asked for the answer to a datagram, whose sender can be forged', async () => {
    await using net = await make({
      policy: { rules: [{ action: 'deny', operation: 'connect', address: 'loopback' }] },
    })
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'announce 127.0.0.1!0')
    const port = Number((await cat(net, `${dir}/local`)).split('!')[1])
    await using peer = await target.dialUDP('udp', null, new UDPAddr(loopback, port))
    await peer.write(Buffer.from('one'))
    const n = await read(await net.open(`${dir}/listen`))
    const data = await net.open(`udp/${n}/data`)
    expect(await read(data)).toBe('one')
    expect(await failure(write(data, 'two'))).toBe('permission denied')
  })

  test('is asked for the port of this end that a connect names, and for groups', async () => {
    await using peer = await echo()
    const rules: Rule[] = [{ action: 'deny', operation: 'announce', port: [1, 65535] }]
    await using net = await make({ policy: { rules } })
    for (const proto of ['tcp', 'udp']) {
      const named = await clone(net, proto)
      const words = `connect 127.0.0.1!${peer.port} *!15353`
      expect(await failure(write(named.ctl, words))).toBe('permission denied')
      const restricted = await clone(net, proto)
      const message = `connect 127.0.0.1!${peer.port}!r`
      expect(await failure(write(restricted.ctl, message))).toBe('permission denied')
    }
    await using near = await make({ policy: noLoopback })
    const { ctl } = await clone(near, 'udp')
    expect(await failure(write(ctl, 'addmulti 127.0.0.1 224.0.0.9'))).toBe('permission denied')
  })

  test('keeps those that it denies from calling a port that was announced', async () => {
    const rules: Rule[] = [
      { action: 'allow', operation: 'announce' },
      { action: 'deny', address: 'loopback' },
    ]
    await using net = await make({ policy: { rules } })
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const port = Number((await cat(net, `${dir}/local`)).split('!')[1])
    const waiting = failure(net.open(`${dir}/listen`))
    await using caller = await target.dialTCP('tcp', null, new TCPAddr(loopback, port))
    expect(await caller.read(new Uint8Array(1))).toBe(null)
    await write(ctl, 'hangup')
    expect(await waiting).not.toMatch(/^no error/)
  })

  test.skipIf(process.platform !== 'linux')('drops datagrams from those that it denies', async () => {
    const rules: Rule[] = [
      { action: 'allow', operation: 'announce' },
      { action: 'deny', address: '127.0.0.1' },
    ]
    await using net = await make({ policy: { rules } })
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'headers')
    await write(ctl, 'announce 127.0.0.1!0')
    const to = new UDPAddr(loopback, Number((await cat(net, `${dir}/local`)).split('!')[1]))
    await using denied = await target.dialUDP('udp', new UDPAddr(loopback, 0), to)
    await using allowed = await target.dialUDP('udp', new UDPAddr(parseIP('127.0.0.2'), 0), to)
    await denied.write(Buffer.from('denied'))
    await allowed.write(Buffer.from('allowed'))
    expect((await read(await net.open(`${dir}/data`))).slice(-7)).toBe('allowed')
  })

  test('that denies lookups lets cs and dns tell numbers and services only', async () => {
    await using net = await make({ policy: { lookups: 'deny' } })
    const cs = await net.open('cs')
    expect(await failure(write(cs, 'tcp!localhost!80'))).toBe(
      "cs: can't translate address: permission denied",
    )
    expect(await failure(write(cs, '!dom=localhost'))).toBe('cs: no match')
    await write(cs, 'tcp!127.0.0.1!http')
    cs.rewind()
    expect(await read(cs)).toBe('/net/tcp/clone 127.0.0.1!80')
    const dns = await net.open('dns')
    for (const query of ['localhost ip', 'localhost txt', '1.0.0.127.in-addr.arpa ptr', 'localhost any']) {
      dns.rewind()
      expect([query, await failure(write(dns, query))]).toEqual([query, 'dns: permission denied'])
    }
  })

  test('keeps dns and general queries from telling addresses that it denies', async () => {
    await using net = await make({ policy: noLoopback })
    const dns = await net.open('dns')
    expect(await failure(write(dns, 'localhost ip'))).toBe('dns: permission denied')
    expect(await failure(write(await net.open('cs'), '!dom=localhost'))).toBe('cs: no match')
    await using some = await make({
      policy: {
        rules: [{ action: 'allow', network: 'udp', address: 'loopback', port: 9 }],
        otherwise: 'deny',
      },
    })
    const allowed = await some.open('dns')
    await write(allowed, 'localhost ip')
    allowed.rewind()
    expect(await read(allowed)).toBe('localhost ip\t127.0.0.1')
  })

  test('keeps cs from giving addresses that it denies', async () => {
    await using net = await make({ policy: noLoopback })
    const cs = await net.open('cs')
    expect(await failure(write(cs, 'tcp!localhost!80'))).toBe(
      "cs: can't translate address: permission denied",
    )
  })
})

test('Activity counts what the policy denied', async () => {
  const { embeddedNet } = await import('../src/index.ts')
  const net = embeddedNet(target, { policy: { otherwise: 'deny' } })
  const ctl = await net.open('tcp/clone', 'rw')
  await expect(ctl.write(Buffer.from('connect 127.0.0.1!9'))).rejects.toThrow('permission denied')
  expect(net.activity).toMatchObject({ denied: 1, sessions: 1, conversations: 1 })
  await ctl.close()
  expect(net.activity.conversations).toBe(0)
  await net.close()
  expect(net.activity.sessions).toBe(0)
})

test('a tree without a policy reaches loopback', async () => {
  await using peer = await echo()
  await using net = await embedded()
  const { ctl, dir } = await clone(net, 'tcp')
  await write(ctl, `connect 0.0.0.0!${peer.port}`)
  expect(await cat(net, `${dir}/remote`)).toBe(`127.0.0.1!${peer.port}\n`)
})
