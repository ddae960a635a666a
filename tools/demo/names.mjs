import assert from 'node:assert/strict'

/** @typedef {import('@net/core').Net} Net */

/** Names and services that every system knows. @param {Net} net */
export async function lookups(net) {
  assert.ok(
    (await net.lookupHost('localhost')).some((a) => a === '127.0.0.1' || a === '::1'),
    'localhost',
  )
  assert.equal(await net.lookupPort('tcp', 'http'), 80)
  assert.equal(await net.lookupPort('udp', 'domain'), 53)
  assert.equal(String(await net.resolveTCPAddr('tcp4', 'localhost:http')), '127.0.0.1:80')
  await assert.rejects(net.lookupHost('no-such-host.invalid'), { isNotFound: true })
  return 0
}
