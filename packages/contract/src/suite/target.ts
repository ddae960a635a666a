import { TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type { Conn } from '../conn.ts'
import type { Target } from '../target.ts'
import { equal, ok } from './assert.ts'
import { testConn } from './conn.ts'
import type { ConnPair } from './conn_maker.ts'
import { testListener } from './listener.ts'
import type { Listening } from './listener_maker.ts'
import type { PacketPair } from './packet_conn_maker.ts'
import { testPacketConn } from './packet_conn.ts'
import { closeAll, part, type Runner } from './part.ts'
import { testTargetErrors } from './target_errors.ts'
import { testTargetGroups } from './target_groups.ts'
import { labelOf, literal, livenessOf, nothing, type TargetOptions } from './target_options.ts'
import { streamPair } from './stream_pair.ts'
import { udpPair } from './udp_pair.ts'

/** Registers everything that is stated about a target: its groups, its errors, and the connections it makes. */
export function testTarget(t: Runner, target: Target, what: TargetOptions): void {
  testTargetGroups(t, target, what)
  testTargetErrors(t, target, what)
  if (what.tcp4 === true) testTCP(t, target, what, 'tcp4', '127.0.0.1')
  if (what.tcp6 === true) testTCP(t, target, what, 'tcp6', '::1')
  if (what.udp4 === true) testUDP(t, target, what, 'udp4', '127.0.0.1')
  if (what.udp6 === true) testUDP(t, target, what, 'udp6', '::1')
  if (what.unix !== undefined) testUnix(t, target, what, what.unix)
}

async function resetByLinger(c: Conn): Promise<void> {
  ok('setLinger' in c && typeof c.setLinger === 'function', 'the connection has no setLinger()')
  ;(c as Conn & { setLinger(seconds: number): void }).setLinger(0)
  await c.close()
}

function testTCP(
  t: Runner,
  target: Target,
  what: TargetOptions,
  network: 'tcp4' | 'tcp6',
  host: string,
): void {
  const listen = (): ReturnType<Target['listenTCP']> =>
    target.listenTCP(network, new TCPAddr(literal(host), 0))
  const { limit, reset = resetByLinger } = what
  const common = { network, limit, label: labelOf(target, what, network) }
  const makeListener = async (): Promise<Listening> => {
    const listener = await listen()
    return listening(listener, () => target.dialTCP(network, null, listener.addr))
  }
  const { halfClose = true } = what
  const listens = `const listener = await target.listenTCP('${network}', null)`
  const dials = `const [c1, c2] = await Promise.all([
  target.dialTCP('${network}', null, listener.addr), listener.accept()])
await listener.close()`
  testConn(t, () => pairOf(makeListener), {
    ...common,
    halfClose,
    byteStreams: true,
    reset,
    liveness: livenessOf(what, network, `${listens}\n${dials}`),
  })
  testListener(t, makeListener, { ...common, liveness: livenessOf(what, network, listens) })
  const { label } = common
  part(t, { label, limit }, 'a dial with an aborted signal rejects with its reason', nothing, async () => {
    const listener = await listen()
    const signal = AbortSignal.abort('no')
    const dial = target.dialTCP(network, null, listener.addr, { signal })
    const e = await dial.catch((reason: unknown) => reason)
    await listener.close()
    equal(e, 'no', 'what the dial rejected with')
  })
}

function testUnix(t: Runner, target: Target, what: TargetOptions, path: () => string): void {
  const common = { network: 'unix', limit: what.limit, label: labelOf(target, what, 'unix') }
  const makeListener = async (): Promise<Listening> => {
    const listener = await target.listenUnix('unix', new UnixAddr(path(), 'unix'))
    return listening(listener, () => target.dialUnix('unix', null, listener.addr))
  }
  testConn(t, () => pairOf(makeListener), { ...common, halfClose: true, byteStreams: true })
  testListener(t, makeListener, common)
}

function testUDP(
  t: Runner,
  target: Target,
  what: TargetOptions,
  network: 'udp4' | 'udp6',
  host: string,
): void {
  const common = { network, limit: what.limit, label: labelOf(target, what, network) }
  const listen = (): ReturnType<Target['listenUDP']> =>
    target.listenUDP(network, new UDPAddr(literal(host), 0))
  const makePair = async (): Promise<PacketPair<UDPAddr>> => {
    const [p1, p2] = await Promise.all([listen(), listen()])
    return { p1, p2, stop: () => closeAll([p1, p2]) }
  }
  testPacketConn(t, makePair, {
    ...common,
    makeConnected: () => target.dialUDP(network, null, new UDPAddr(literal(host), 9)),
    liveness: livenessOf(what, network, `const p1 = await target.listenUDP('${network}', null)`),
  })
  const makeConns = (): Promise<ConnPair> => udpPair(target, network, literal(host))
  testConn(t, makeConns, { ...common, kind: 'datagram', label: `${common.label} dialled` })
}

function listening(listener: Listening['listener'], connect: () => Promise<Conn>): Listening {
  const dialled: Conn[] = []
  return {
    listener,
    async dial() {
      const c = await connect()
      dialled.push(c)
      return c
    },
    stop: () => closeAll([listener, ...dialled]),
  }
}

async function pairOf(makeListener: () => Promise<Listening>): Promise<ConnPair> {
  const made = await makeListener()
  return streamPair(made.listener, made.dial())
}
