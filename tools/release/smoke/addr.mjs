// Runs anywhere: it imports nothing of Node.
import { AddrError, joinHostPort, parseCIDR, parseIP, splitHostPort, TCPAddr } from '@net/addr'

/** @param {unknown} actual @param {unknown} expected */
function equal(actual, expected) {
  if (actual !== expected) throw new Error(`got ${String(actual)}, expected ${String(expected)}`)
}

const ip = parseIP('192.0.2.1')
equal(String(ip), '192.0.2.1')
equal(parseIP('192.0.2.256'), null)
const { net } = parseCIDR('192.0.2.0/24')
equal(ip !== null && net.contains(ip), true)
equal(joinHostPort('::1', 80), '[::1]:80')
equal(splitHostPort('[fe80::1%eth0]:53').host, 'fe80::1%eth0')
equal(String(new TCPAddr(ip, 443)), '192.0.2.1:443')
try {
  splitHostPort('192.0.2.1')
  throw new Error('splitHostPort() took an address without a port')
} catch (error) {
  equal(error instanceof AddrError && error.message, 'address 192.0.2.1: missing port in address')
}
