import { execFile, execFileSync } from 'node:child_process'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { IP, IPAddr, parseIP, UDPAddr } from '@net/addr'
import { DNSError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks, type TraceMessage } from '@net/io'
import {
  decodeDNSMessage,
  encodeDNSMessage,
  parseHosts,
  parseNSSConf,
  resolverOver,
  RRType,
  type PacketReceiver,
  type Resolver,
  type ResolverSockets,
} from '@net/resolve'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosted } from '../src/hosted/hosted.ts'
import { serverAddrs } from '../src/hosted/lookup.ts'
import { poller } from '../src/poll/poller.ts'
import { posix } from '../src/sock/posix.ts'
import { querySockets } from '../src/sock/query_socket.ts'
import { sourceAddrs } from '../src/sock/source_addr.ts'
import { noRing } from './ring.ts'

const targets = [posix(), hosted()]
let balanced: () => Promise<void>

beforeAll(async () => {
  await stat('/') // starts the thread pool
  for (const target of targets) await (await target.listenUDP('udp', null)).close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

/** A DNS server on many sockets of 127.0.0.1, that answers A with 192.0.2.1 when it is told to. */
class Server implements AsyncDisposable {
  readonly #sockets: Socket[]
  readonly #held: (() => void)[] = []
  #holds = false
  readonly ports = new Set<number>()
  readonly uses = new Map<number, number>() // of each port
  #arrived: () => void = () => {}
  #wanted = 0

  private constructor(sockets: Socket[]) {
    this.#sockets = sockets
    for (const socket of sockets) socket.on('message', (bytes, from) => this.#asked(socket, bytes, from))
  }

  static async start(count: number): Promise<Server> {
    const sockets = Array.from({ length: count }, () => createSocket('udp4').bind(0, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => once(socket, 'listening')))
    return new Server(sockets)
  }

  get addresses(): string[] {
    return this.#sockets.map((socket) => `127.0.0.1:${socket.address().port}`)
  }

  /** Holds answers back and settles when so many queries have come. */
  async hold(wanted: number): Promise<void> {
    this.#holds = true
    this.#wanted = wanted
    await new Promise<void>((resolve) => (this.#arrived = resolve))
  }

  /** Answers what was held back. */
  release(): void {
    this.#holds = false
    for (const answer of this.#held.splice(0)) answer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => void socket.close(() => resolve()))),
    )
  }

  #asked(socket: Socket, bytes: Uint8Array, from: RemoteInfo): void {
    this.ports.add(from.port)
    this.uses.set(from.port, (this.uses.get(from.port) ?? 0) + 1)
    const answer = (): void => {
      const query = decodeDNSMessage(bytes)
      const { name = '', type = 0 } = query.questions[0] ?? {}
      const a = { name, type, class: 1, ttl: 1, data: { kind: 'A', ip: IP.from([192, 0, 2, 1]) } } as const
      const answers = type === RRType.A ? [a] : []
      const reply = { ...query, response: true, recursionAvailable: true, answers, additionals: [] }
      socket.send(encodeDNSMessage(reply), from.port, from.address)
    }
    if (!this.#holds) {
      answer()
      return
    }
    this.#held.push(answer)
    if (this.#held.length === this.#wanted) this.#arrived()
  }
}

function resolver(target: (typeof targets)[number], servers: string[]): Resolver {
  return resolverOver(target, {
    preferSystem: false,
    resolvConf: { servers, rotate: true, timeout: 50_000, attempts: 1 },
  })
}

describe.each(targets)('lookups of $name', (target) => {
  test('lookupIP() ten thousand times at once does not keep a file from being looked at', async () => {
    // One socket's buffer would not take so many queries at once.
    await using server = await Server.start(100)
    const r = resolver(target, server.addresses)
    const came = server.hold(10_000)
    const lookups = Promise.all(Array.from({ length: 10_000 }, (_, i) => r.lookupIP('ip4', `n${i}.example`)))
    await came
    // All of them wait now, and a thread pool of theirs would be full.
    expect((await stat('/')).isDirectory()).toBe(true)
    expect(r.pending).toBe(10_000)
    server.release()
    expect(new Set((await lookups).map(String))).toEqual(new Set(['192.0.2.1']))
    expect(r.pending).toBe(0)
    expect(server.ports.size).toBeLessThanOrEqual(256)
  })

  test('lookupHost() asks for both families over the sockets of the target', async () => {
    await using server = await Server.start(1)
    expect(await resolver(target, server.addresses).lookupHost('a.example')).toEqual(['192.0.2.1'])
  })

  test('lookupHost() of names and addresses in the system files', async () => {
    expect(await target.lookupHost('192.0.2.1')).toEqual(['192.0.2.1'])
    expect(await target.lookupHost('localhost')).toContain('127.0.0.1')
    expect(await target.lookupPort('tcp', 'https')).toBe(443)
    expect(await target.lookupProtocol('icmp')).toBe(1)
    expect((await target.lookupIPAddr('fe80::1%lo')).map(String)).toEqual(['fe80::1%lo'])
  })

  test('every lookup rejects what cannot be a name, without asking', async () => {
    const long = `${'x'.repeat(64)}.example`
    for (const lookup of [
      target.lookupHost(long),
      target.lookupIP('ip', long),
      target.lookupIPAddr(long),
      target.lookupCNAME(long),
      target.lookupSRV('', '', long),
      target.lookupMX(long),
      target.lookupNS(long),
      target.lookupTXT(long),
      target.lookupAddr('not an address'),
    ]) {
      const e: unknown = await lookup.catch((e: unknown) => e)
      expect(e).toBeInstanceOf(DNSError)
    }
  })
})

describe('the sockets that DNS servers are asked over', () => {
  const options = { preferSystem: false, hosts: parseHosts(''), nsswitch: parseNSSConf('hosts: dns') }

  test('each query that is alone has a port of its own, that the kernel takes at random', async () => {
    await using server = await Server.start(1)
    const r = resolverOver(querySockets, { ...options, resolvConf: { servers: server.addresses } })
    for (let i = 0; i < 50; i++) {
      expect((await r.lookupIP('ip4', `n${i}.example`)).map(String)).toEqual(['192.0.2.1'])
    }
    expect(server.ports.size).toBeGreaterThan(40)
    const steps = [...server.ports].map((port, i, all) => port - (all[i - 1] ?? 0))
    expect(new Set(steps).size).toBeGreaterThan(30)
  })

  test.skipIf(noRing !== '')(
    `several replies that come to one socket are received together ${noRing}`,
    async () => {
      await using server = await Server.start(1)
      const r = resolverOver(querySockets, { ...options, resolvConf: { servers: server.addresses } })
      const came = server.hold(16)
      const lookups = Array.from({ length: 16 }, async (_, i) => {
        const found = await r.lookupIP('ip4', `n${i}.example`)
        return `${String(found)} ${poller().turn.sends}`
      })
      await came
      server.release()
      expect(new Set(await Promise.all(lookups))).toEqual(new Set(['192.0.2.1 true']))
      expect(server.ports.size).toBe(1)
    },
  )

  test.skipIf(process.platform !== 'linux')(
    'a socket that has taken its queries takes another port for the next ones (not on BSDs, which keep the port)',
    async () => {
      await using server = await Server.start(1)
      let opened = 0
      const counted: ResolverSockets = {
        ...querySockets,
        openPackets(raddr, receiver) {
          opened++
          return querySockets.openPackets?.(raddr, receiver) ?? null
        },
      }
      const r = resolverOver(counted, { ...options, resolvConf: { servers: server.addresses } })
      let asked = 0
      const worker = async (): Promise<void> => {
        while (asked < 640) expect(String(await r.lookupIP('ip4', `n${asked++}.example`))).toBe('192.0.2.1')
      }
      await Promise.all(Array.from({ length: 64 }, worker))
      expect(opened).toBeLessThan(20)
      // The kernel may give a port again that was given back.
      expect(server.ports.size).toBeGreaterThan(640 / 16 - 3)
      expect(Math.max(...server.uses.values())).toBeLessThanOrEqual(2 * 16)
    },
  )

  test.skipIf(process.platform !== 'linux')(
    'a socket that is connected anew has another port, unless something came to the old one (not on BSDs)',
    async () => {
      const peer = createSocket('udp4').bind(0, '127.0.0.1')
      await once(peer, 'listening')
      const receiver: PacketReceiver = {
        waiting: 0, // so that nothing is read
        received: () => expect.unreachable(),
        failed: (e) => expect.unreachable(String(e)),
        gaveStream: () => expect.unreachable(),
      }
      const raddr = new UDPAddr(parseIP('127.0.0.1'), peer.address().port)
      const socket = querySockets.openPackets?.(raddr, receiver)
      if (!socket) return expect.unreachable()
      const portSeen = async (): Promise<number> => {
        const message = once(peer, 'message') as Promise<[Buffer, RemoteInfo]>
        socket.send(Uint8Array.of(1))
        return (await message)[1].port
      }
      const first = await portSeen()
      while (!socket.isRenewable) await turn()
      expect(socket.renew()).toBe(true)
      const second = await portSeen()
      expect(second).not.toBe(first)
      await new Promise<void>((resolve) => peer.send('forged', second, '127.0.0.1', () => resolve()))
      expect(socket.renew()).toBe(false)
      socket.close()
      await new Promise<void>((resolve) => void peer.close(() => resolve()))
    },
  )

  test('lookups get their own addresses where replies are lost, come twice and late, and sockets change their ports', async () => {
    const addressOf = (name: string): IP => IP.fromUint32(0x0a000000 + Number(/\d+/.exec(name)?.[0]))
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    let isOpen = true
    let came = 0
    socket.on('message', (bytes, from) => {
      const query = decodeDNSMessage(bytes)
      const { name = '' } = query.questions[0] ?? {}
      const a = { name, type: RRType.A, class: 1, ttl: 1, data: { kind: 'A', ip: addressOf(name) } } as const
      const reply = encodeDNSMessage({ ...query, response: true, answers: [a], additionals: [] })
      const send = (): void => {
        if (isOpen) socket.send(reply, from.port, from.address)
      }
      came++
      if (came % 101 === 0) return
      if (came % 13 === 0) setTimeout(send, came % 20)
      else send()
      if (came % 17 === 0) send()
      if (came % 31 === 0) setTimeout(send, 5)
    })
    const servers = [`127.0.0.1:${socket.address().port}`]
    const r = resolverOver(querySockets, { ...options, resolvConf: { servers, timeout: 1000, attempts: 9 } })
    let asked = 0
    const worker = async (): Promise<void> => {
      while (asked < 2000) {
        const name = `n${asked++}.example`
        expect(String(await r.lookupIP('ip4', name))).toBe(String(addressOf(name)))
      }
    }
    await Promise.all(Array.from({ length: 64 }, worker))
    isOpen = false
    await new Promise<void>((resolve) => void socket.close(() => resolve()))
  })

  /** A DNS server in another thread, which answers A with 192.0.2.1, some questions twice and some late. */
  async function serverElsewhere(): Promise<{ server: Worker; address: string; ports: Set<number> }> {
    const ports = new Set<number>()
    const server = new Worker(
      `const socket = require('node:dgram').createSocket('udp4')
       const { parentPort } = require('node:worker_threads')
       const answer = Buffer.from('c00c00010001000000010004c0000201', 'hex') // A 192.0.2.1
       let n = 0
       socket.on('message', (query, { address, port }) => {
         const reply = Buffer.concat([query.subarray(0, query.length - 11), answer]) // without the OPT record
         reply[2] |= 0x80
         reply[7] = 1
         reply[11] = 0
         const send = () => socket.send(reply, port, address)
         if (++n % 50 === 0) setTimeout(send, 10)
         else send()
         if (n % 10 === 0) send() // comes too late, perhaps when the next question is asked
         parentPort.postMessage(port)
       })
       socket.bind(0, '127.0.0.1', () => parentPort.postMessage(-socket.address().port))`,
      { eval: true },
    )
    const [port] = (await once(server, 'message')) as [number]
    server.on('message', (port: number) => ports.add(port))
    return { server, address: `127.0.0.1:${-port}`, ports }
  }

  test('take replies from another thread that come before the poller sleeps, and such that come later', async () => {
    const LOOKUPS = 500
    const { server, address, ports } = await serverElsewhere()
    const conf = { servers: [address], timeout: 50_000 }
    const r = resolverOver(querySockets, { ...options, resolvConf: conf })
    for (let i = 0; i < LOOKUPS; i++)
      expect((await r.lookupIP('ip4', `n${i}.example`)).map(String)).toEqual(['192.0.2.1'])
    // A query that is alone has a port of its own, however soon the next one follows.
    await expect.poll(() => ports.size).toBeGreaterThan(0.8 * LOOKUPS)
    const steps = [...ports].map((port, i, all) => port - (all[i - 1] ?? 0))
    expect(new Set(steps).size).toBeGreaterThan(0.6 * LOOKUPS)
    await server.terminate()
  })

  // Only linux has prlimit(1), which sets the limit of a process that runs.
  test.skipIf(process.platform !== 'linux')(
    'do with the one descriptor that a process has left',
    async () => {
      const { server, address } = await serverElsewhere()
      const conf = { servers: [address], timeout: 50_000, attempts: 1 }
      const r = resolverOver(querySockets, { ...options, resolvConf: conf })
      await r.lookupIP('ip4', 'first.example')
      const limit = (most: string): string =>
        execFileSync('prlimit', [
          `--pid=${process.pid}`,
          `--nofile${most}`,
          '--output=SOFT',
          '--noheadings',
        ]).toString()
      const before = limit('').trim()
      const held = [openSync('/dev/null', 'r')]
      limit(`=${(held[0] ?? 0) + 64}:`)
      try {
        for (;;) held.push(openSync('/dev/null', 'r'))
      } catch (e) {
        expect(e).toMatchObject({ code: 'EMFILE' })
      }
      closeSync(held.pop() ?? -1)
      const failed: unknown[] = []
      for (let i = 0; i < 300; i++)
        await r.lookupIP('ip4', `n${i}.example`).catch((e: unknown) => failed.push(e))
      // It is free when nothing is asked any more.
      await new Promise((resolve) => setImmediate(resolve))
      const free = openSync('/dev/null', 'r')
      for (const fd of [...held, free]) closeSync(fd)
      limit(`=${before}:`)
      expect(failed).toEqual([])
      await server.terminate()
    },
  )

  test('errors name the addresses of both ends', async () => {
    await using server = await Server.start(1)
    const [silent = ''] = server.addresses
    void server.hold(Infinity)
    const conf = { servers: [silent], timeout: 50, attempts: 1 }
    const e: unknown = await resolverOver(querySockets, { ...options, resolvConf: conf })
      .lookupIP('ip4', 'x.example')
      .catch((e: unknown) => e)
    expect(String(e)).toMatch(
      /lookup x\.example on \S+: read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/,
    )
  })

  test('who traces reads is told of those of queries', async () => {
    await using server = await Server.start(1)
    const told: string[] = []
    const tell = (message: unknown): void => void told.push((message as TraceMessage).net)
    subscribe('tracing:@net.read:start', tell)
    try {
      const r = resolverOver(querySockets, { ...options, resolvConf: { servers: server.addresses } })
      expect((await r.lookupIP('ip4', 'a.example')).map(String)).toEqual(['192.0.2.1'])
    } finally {
      unsubscribe('tracing:@net.read:start', tell)
    }
    expect(told).toEqual(['udp'])
  })

  test('a server that nobody runs refuses at once, over IPv4 and IPv6', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const socket = createSocket(host === '::1' ? 'udp6' : 'udp4').bind(0, host)
      await once(socket, 'listening')
      const server = host === '::1' ? `[::1]:${socket.address().port}` : `${host}:${socket.address().port}`
      await new Promise<void>((resolve) => void socket.close(() => resolve()))
      const conf = { servers: [server], timeout: 50_000, attempts: 1 }
      const e: unknown = await resolverOver(querySockets, { ...options, resolvConf: conf })
        .lookupIP('ip4', 'x.example')
        .catch((e: unknown) => e)
      expect(e).toMatchObject({ isTemporary: true, isTimeout: false, server })
      expect(String(e)).toContain('connection refused')
    }
  })
})

test('serverAddrs() reads servers as node:dns tells them', () => {
  const servers = dns.getServers()
  dns.setServers(['192.0.2.1', '192.0.2.1:54', '2001:db8::1', '[2001:db8::1]:54'])
  const found = serverAddrs(dns.getServers())
  dns.setServers(servers)
  expect(found).toEqual(['192.0.2.1:53', '192.0.2.1:54', '[2001:db8::1]:53', '[2001:db8::1]:54'])
})

// A server that answers a query with packets under a wrong id, without end, and with the true one when it is told to.
const flooder = `
  const { parentPort } = require('node:worker_threads')
  const socket = require('node:dgram').createSocket('udp4')
  socket.once('message', (query, { port, address }) => {
    const reply = Buffer.from(query)
    reply.set([0x81, 0x83], 2) // no such name
    const wrong = Buffer.from(reply)
    wrong[0] ^= 0xff
    let isOver = false
    parentPort.once('message', () => (isOver = true))
    const flood = () => {
      for (let i = 0; i < 50; i++) socket.send(wrong, port, address)
      if (isOver) socket.send(reply, port, address)
      setImmediate(flood)
    }
    flood()
  })
  socket.bind(0, '127.0.0.1', () => parentPort.postMessage(socket.address().port))`

test('lookupIP() lets the loop turn while a server floods it with wrong replies, and finds the true one', async () => {
  const worker = new Worker(flooder, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const resolver = resolverOver(querySockets, {
    preferSystem: false,
    hosts: parseHosts(''),
    resolvConf: { servers: [`127.0.0.1:${port}`], attempts: 1, timeout: 60_000 },
  })
  let turns = 0
  const turn = (): void => {
    if (++turns < 20) setImmediate(turn)
    else worker.postMessage('enough')
  }
  setImmediate(turn)
  await expect(resolver.lookupIP('ip4', 'a.example')).rejects.toMatchObject({ isNotFound: true })
  expect(turns).toBe(20)
  await worker.terminate()
})

test('sourceAddrs() tells the address that a socket to each address would have', async () => {
  const addrs = ['127.0.0.1', '127.9.9.9', '::1', 'fe80::1', '::ffff:127.0.0.1'].map(
    (a) => new IPAddr(parseIP(a)),
  )
  const found = (await sourceAddrs(addrs)).map(String)
  // A link-local address without a zone leads nowhere.
  expect(found).toEqual(['127.0.0.1', '127.0.0.1', '::1', 'null', '127.0.0.1'])
})

test('importing the package does not load koffi', async () => {
  const script = `
    await import('@net/posix')
    const { sharedObjects } = process.report.getReport()
    console.log(sharedObjects.filter((o) => o.includes('koffi')).length)`
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
  })
  expect(stdout).toBe('0\n')
})
