// Sends echo requests by raw IP, as ping(8) does: node ping.mjs 127.0.0.1 ::1
// It needs root or CAP_NET_RAW; without them it tries the kernel's sockets for pings.
import { IPAddr, OpError, dialIP, parseIP } from '@net/core'
import { dialPing } from '@net/posix'
import { argumentsOf, misused } from './command.mjs'

const payload = new TextEncoder().encode('how far away are you?')
const id = process.pid & 0xffff

/**
 * An ICMP echo request (RFC 792, RFC 4443). Of IPv6 the kernel fills in the checksum.
 * @param {boolean} v4
 * @param {number} seq
 */
function echoRequest(v4, seq) {
  const packet = new Uint8Array(8 + payload.length)
  const view = new DataView(packet.buffer)
  packet[0] = v4 ? 8 : 128
  view.setUint16(4, id)
  view.setUint16(6, seq)
  packet.set(payload, 8)
  if (v4) view.setUint16(2, checksum(packet))
  return packet
}

/**
 * The internet checksum (RFC 1071).
 * @param {Uint8Array} bytes
 */
function checksum(bytes) {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/**
 * Dials a raw socket, or without the privilege a socket for pings.
 * @param {boolean} v4
 * @param {IPAddr} addr
 */
async function dialEcho(v4, addr) {
  try {
    return await dialIP(v4 ? 'ip4:icmp' : 'ip6:ipv6-icmp', null, addr)
  } catch (e) {
    if (!(e instanceof OpError) || (e.code !== 'EPERM' && e.code !== 'EACCES')) throw e
    return await dialPing(v4 ? 'ip4' : 'ip6', null, addr)
  }
}

/**
 * Waits for the answer of a number; a raw socket hears everything else of ICMP, too.
 * @param {import('@net/core').IPConn} conn
 * @param {boolean} v4
 * @param {number} seq
 */
async function answer(conn, v4, seq) {
  const packet = new Uint8Array(1500)
  for (;;) {
    const n = await conn.read(packet)
    const view = new DataView(packet.buffer)
    if (n >= 8 && packet[0] === (v4 ? 0 : 129) && view.getUint16(6) === seq) return n
  }
}

const form = 'ping.mjs address...'
for (const host of argumentsOf(form, 1, Infinity)) {
  const ip = parseIP(host) ?? misused(form)
  const v4 = ip.to4() !== null
  const conn = await dialEcho(v4, new IPAddr(ip))
  conn.setReadTimeout(2000)
  for (let seq = 1; seq <= 3; seq++) {
    const start = performance.now()
    await conn.write(echoRequest(v4, seq))
    const n = await answer(conn, v4, seq)
    const ms = (performance.now() - start).toFixed(3)
    console.log(`${n} bytes from ${conn.remoteAddr}: icmp_seq=${seq} time=${ms} ms`)
  }
  await conn.close()
}
