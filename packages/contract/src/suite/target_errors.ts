import { isError } from '../index.ts'
import { TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type { Target } from '../target.ts'
import { equal, ok, rejects, show } from './assert.ts'
import { checkOpError } from './op_error.ts'
import { part, type Runner } from './part.ts'
import { labelOf, literal, nothing, type TargetOptions } from './target_options.ts'

/** Registers the statements about dials and listens that must fail. */
export function testTargetErrors(t: Runner, target: Target, what: TargetOptions): void {
  const states = (statement: string, body: () => Promise<void>): void => {
    part(t, { limit: what.limit, label: labelOf(target, what) }, statement, nothing, body)
  }
  if (what.tcp4 === true) testTCPErrors(states, target, 'tcp4', '127.0.0.1')
  else if (what.tcp6 === true) testTCPErrors(states, target, 'tcp6', '::1')
  if (what.udp4 === true) testUDPErrors(states, target, 'udp4', '127.0.0.1')
  else if (what.udp6 === true) testUDPErrors(states, target, 'udp6', '::1')
  if (what.unix !== undefined) testUnixErrors(states, target, what.unix)
}

type States = (statement: string, body: () => Promise<void>) => void

function testTCPErrors(states: States, target: Target, network: 'tcp4' | 'tcp6', host: string): void {
  states('dialTCP() to a port that nobody listens on is ECONNREFUSED', async () => {
    const listener = await target.listenTCP(network, new TCPAddr(literal(host), 0))
    const { addr } = listener
    await listener.close()
    const e = await rejects(() => target.dialTCP(network, null, addr), 'dialTCP()')
    checkOpError(e, { op: 'dial', net: network, addr })
    equal(e.code, 'ECONNREFUSED', 'code')
    ok(e.message.endsWith(': connection refused'), `message is ${e.message}`)
    ok(!e.timeout, 'a refused dial is no time-out')
  })
  states('listenTCP() on an address in use is EADDRINUSE', async () => {
    const listener = await target.listenTCP(network, new TCPAddr(literal(host), 0))
    try {
      const e = await rejects(() => target.listenTCP(network, listener.addr), 'listenTCP()')
      checkOpError(e, { op: 'listen', net: network, source: null, addr: listener.addr })
      equal(e.code, 'EADDRINUSE', 'code')
      ok(e.message.endsWith(': address already in use'), `message is ${e.message}`)
    } finally {
      await listener.close()
    }
  })
  states('dialTCP() to no address is "missing address"', async () => {
    const e = await rejects(() => target.dialTCP(network, null, null), 'dialTCP()')
    checkOpError(e, { op: 'dial', net: network, source: null, addr: null })
    equal(e.message, `dial ${network}: missing address`, 'message')
  })
  states('dialTCP() and listenTCP() of a network that is not TCP are "unknown network"', async () => {
    const wrong = 'udp' as 'tcp'
    const addr = new TCPAddr(literal(host), 1)
    for (const call of [() => target.dialTCP(wrong, null, addr), () => target.listenTCP(wrong, addr)]) {
      const e = await rejects(call, 'the call')
      ok(isError(e) && e.message.endsWith('unknown network udp'), `the error is ${show(e)}`)
    }
  })
  states('dialTCP() past its deadline is a time-out', async () => {
    const listener = await target.listenTCP(network, new TCPAddr(literal(host), 0))
    try {
      const e = await rejects(
        () => target.dialTCP(network, null, listener.addr, { deadline: 1 }),
        'dialTCP()',
      )
      checkOpError(e, { op: 'dial', net: network, addr: listener.addr })
      ok(e.timeout, 'timeout is false')
      ok(e.message.endsWith(': i/o timeout'), `message is ${e.message}`)
    } finally {
      await listener.close()
    }
  })
}

function testUDPErrors(states: States, target: Target, network: 'udp4' | 'udp6', host: string): void {
  states('listenUDP() on an address in use is EADDRINUSE', async () => {
    const p = await target.listenUDP(network, new UDPAddr(literal(host), 0))
    try {
      const e = await rejects(() => target.listenUDP(network, p.localAddr), 'listenUDP()')
      checkOpError(e, { op: 'listen', net: network, source: null, addr: p.localAddr })
      equal(e.code, 'EADDRINUSE', 'code')
    } finally {
      await p.close()
    }
  })
  states('dialUDP() to no address is "missing address"', async () => {
    const e = await rejects(() => target.dialUDP(network, null, null), 'dialUDP()')
    checkOpError(e, { op: 'dial', net: network, source: null, addr: null })
    equal(e.message, `dial ${network}: missing address`, 'message')
  })
}

function testUnixErrors(states: States, target: Target, path: () => string): void {
  states('dialUnix() to a name that is not there is ENOENT or ECONNREFUSED', async () => {
    const addr = new UnixAddr(path(), 'unix')
    const e = await rejects(() => target.dialUnix('unix', null, addr), 'dialUnix()')
    checkOpError(e, { op: 'dial', net: 'unix', addr })
    ok(e.code === 'ENOENT' || e.code === 'ECONNREFUSED', `code is ${show(e.code)}`)
  })
  states('listenUnix() on a name in use is EADDRINUSE', async () => {
    const addr = new UnixAddr(path(), 'unix')
    const listener = await target.listenUnix('unix', addr)
    try {
      const e = await rejects(() => target.listenUnix('unix', addr), 'listenUnix()')
      checkOpError(e, { op: 'listen', net: 'unix', source: null, addr })
      equal(e.code, 'EADDRINUSE', 'code')
    } finally {
      await listener.close()
    }
  })
}
