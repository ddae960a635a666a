import assert from 'node:assert/strict'
import { isDomainName, parseHosts, parseServices, reverseAddr } from '@net/resolve'

assert.ok(isDomainName('example.com'))
assert.ok(!isDomainName('example..com'))
assert.equal(reverseAddr('192.0.2.1'), '1.2.0.192.in-addr.arpa.')
assert.deepEqual(parseHosts('192.0.2.1 example\n').lookupHost('example')?.addrs, ['192.0.2.1'])
assert.equal(parseServices('domain 53/udp\n').get('udp', 'domain'), 53)
