import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answered, objectsOf } from './finished.ts'

// HTTPS: priority 1, its own name, alpn h2 and h3, port 8443, ipv4hint 192.0.2.1, key 9.
const https = ['0001', '00', '00010006026832026833', '0003000220fb', '00040004c0000201', '000900026f6b'].join(
  '',
)

const zone = [
  '--local=/test/',
  '--host-record=dual.test,192.0.2.1,2001:db8::1,3600',
  '--cname=alias.test,dual.test',
  '--mx-host=mail.test,mx2.mail.test,20',
  '--mx-host=mail.test,mx1.mail.test,10',
  '--srv-host=_sip._tcp.test,b.test,5061,20,5',
  '--srv-host=_sip._tcp.test,a.test,5060,10,5',
  '--txt-record=text.test,one,two',
  '--ptr-record=9.2.0.192.in-addr.arpa,nine.test',
  '--caa-record=text.test,0,issue,ca.test',
  `--dns-rr=web.test,65,${https}`,
  '--dns-rr=web.test,99,0102ff',
]

test('netx resolve prints addresses', async () => {
  expect(await answered('resolve', '127.0.0.1')).toEqual({ code: 0, stdout: '127.0.0.1\n', stderr: '' })
  expect((await answered('resolve', 'tcp', '[::1]:http')).stdout).toBe('[::1]:80\n')
  expect((await answered('resolve', 'localhost')).stdout).toMatch(/^(127\.0\.0\.1|::1)$/m)
})

test('netx resolve answers for the names that are found, and tells of the others', async () => {
  expect(await answered('resolve', '127.0.0.1', 'no such', '::1')).toEqual({
    code: 1,
    stdout: '127.0.0.1 127.0.0.1\n::1 ::1\n',
    stderr: 'netx: lookup no such: no such host\n',
  })
  const { stdout, stderr } = await answered('resolve', '--json', '::1', 'no such')
  expect(JSON.parse(stdout)).toEqual({ name: '::1', type: 'AAAA', ttl: null, data: '::1' })
  expect(JSON.parse(stderr)).toMatchObject({ error: 'lookup no such: no such host' })
})

const absent = dnsmasqPath === null ? ' (skipped: dnsmasq is not installed)' : ''

describe.skipIf(dnsmasqPath === null)(`netx resolve --server${absent}`, () => {
  let server: Dnsmasq

  beforeAll(async () => {
    server = await Dnsmasq.start(dnsmasqPath ?? '', zone)
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  test.each([
    ['ip', 'dual.test', /^(192\.0\.2\.1\n2001:db8::1|2001:db8::1\n192\.0\.2\.1)\n$/],
    ['a', 'dual.test', /^192\.0\.2\.1\n$/],
    ['AAAA', 'dual.test', /^2001:db8::1\n$/],
    ['cname', 'alias.test', /^dual\.test\.\n$/],
    ['mx', 'mail.test', /^10 mx1\.mail\.test\.\n20 mx2\.mail\.test\.\n$/],
    ['SRV', '_sip._tcp.test', /^10 5 5060 a\.test\.\n20 5 5061 b\.test\.\n$/],
    ['txt', 'text.test', /^onetwo\n$/],
    ['ptr', '192.0.2.9', /^nine\.test\.\n$/],
    ['ptr', '9.2.0.192.in-addr.arpa', /^nine\.test\.\n$/],
    ['caa', 'text.test', /^0 issue ca\.test\n$/],
    ['https', 'web.test', /^1 \. alpn=h2,h3 port=8443 ipv4hint=192\.0\.2\.1 key9=ok\n$/],
    ['type99', 'web.test', /^\\\\# 3 0102ff\n$/],
  ])('asks for %s of %s', async (type, name, answer) => {
    const outcome = await answered('resolve', '--server', server.address, '--type', type, name)
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(answer)
  })

  test('prints whole records with --ttl', async () => {
    const args = ['--server', server.address, '--ttl', '--type', 'a', 'dual.test']
    expect((await answered('resolve', ...args)).stdout).toMatch(/^dual\.test\. 3600 A 192\.0\.2\.1\n$/)
  })

  test('gives objects with --json', async () => {
    const args = ['--server', server.address, '--json', '--type', 'mx', 'mail.test']
    const { stdout } = await answered('resolve', ...args)
    expect(objectsOf(stdout)).toEqual([
      { name: 'mail.test.', type: 'MX', ttl: 0, data: '10 mx1.mail.test.' },
      { name: 'mail.test.', type: 'MX', ttl: 0, data: '20 mx2.mail.test.' },
    ])
  })

  test('tells when there is no such name', async () => {
    expect(await answered('resolve', '--server', server.address, '--type', 'ns', 'nosuch.test')).toEqual({
      code: 1,
      stdout: '',
      stderr: `netx: lookup nosuch.test on ${server.address}: no such host\n`,
    })
  })
})
