// Every type of connection there is, as pairs of connected ends within this process: what each is called, what
// the suite is told about it, and how one is made.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { streamPair, udpPair } from '@net/contract/suite'
import { pipe } from '@net/core'
import { fromDuplex, secureListener, tlsClient, toDuplex } from '@net/core/node'
import { embeddedNet, exportNet } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { hosted, posix, socketPair } from '@net/posix'

export const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)

const psk = Buffer.alloc(32, 7)
const secure = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }
const secureClient = {
  ...secure,
  checkServerIdentity: () => undefined,
  pskCallback: () => ({ psk, identity: 'me' }),
}

/** A pair of what a listener and a dial give, once both have it. */
async function meet(listener, dialled) {
  const { c1, c2 } = await streamPair(listener, dialled)
  return [c1, c2]
}

/** A pair over TCP of any target. */
export async function tcpPair(target, addr = loopback) {
  const listener = await target.listenTCP('tcp', addr)
  return meet(listener, target.dialTCP('tcp', null, listener.addr))
}

async function connectedPair(target) {
  const { c1, c2 } = await udpPair(target, 'udp', loopback.ip)
  return [c1, c2]
}

async function tlsPair(target) {
  const plain = await target.listenTCP('tcp', loopback)
  const listener = secureListener(plain, { ...secure, pskCallback: () => psk })
  return meet(
    listener,
    target.dialTCP('tcp', null, plain.addr).then((c) => tlsClient(c, secureClient)),
  )
}

/** The types of connection, and what ends what they stand on. */
export async function connectionTypes() {
  const kernel = posix()
  const host = hosted()
  const dir = mkdtempSync(join(tmpdir(), 'net-soak-'))
  let paths = 0
  const unixPair = async (target, network) => {
    const listener = await target.listenUnix(network, new UnixAddr(join(dir, `s${paths++}`), network))
    return meet(listener, target.dialUnix(network, null, listener.addr))
  }
  const embedded = embeddedNet(kernel)
  const at = new UnixAddr(join(dir, 'net'), 'unix')
  const served = exportNet(kernel, await kernel.listenUnix('unix', at))
  const imported = await importNet(await kernel.dialUnix('unix', null, at))
  const stream = { halfClose: true, byteStreams: true }
  const types = [
    ['tcp4', { network: 'tcp' }, () => tcpPair(kernel)],
    ['tcp6', { network: 'tcp' }, () => tcpPair(kernel, new TCPAddr(parseIP('::1'), 0))],
    ['udp', { network: 'udp', kind: 'datagram' }, () => connectedPair(kernel)],
    ['unix', { network: 'unix' }, () => unixPair(kernel, 'unix')],
    ['unixpacket', { network: 'unixpacket', kind: 'seqpacket' }, () => unixPair(kernel, 'unixpacket')],
    ['socketPair', { network: 'unix' }, async () => socketPair('unix')],
    ['hosted tcp', { network: 'tcp' }, () => tcpPair(host)],
    ['hosted unix', { network: 'unix' }, () => unixPair(host, 'unix')],
    ['hosted udp', { network: 'udp', kind: 'datagram' }, () => connectedPair(host)],
    ['tls', { network: 'tcp' }, () => tlsPair(kernel)],
    ['duplex', { network: 'tcp' }, async () => (await tcpPair(kernel)).map((c) => fromDuplex(toDuplex(c)))],
    ['pipe', { network: 'pipe', errorAddrs: false }, async () => pipe()],
    ['embedded /net', { network: 'tcp' }, () => tcpPair(plan9({ net: embedded }))],
    ['/net over 9P', { network: 'tcp' }, () => tcpPair(plan9({ net: imported }))],
  ].map(([label, options, make]) => ({ label, options: { ...stream, ...options, label }, make }))
  return {
    types,
    async stop() {
      await Promise.all([embedded.close(), imported.close()])
      await served.close()
      rmSync(dir, { recursive: true })
    },
  }
}
