import { IPAddr, ipv4 } from '@net/addr'
import { expect, test } from 'vitest'
import type { DNSConn } from '../src/client/server_dial.ts'
import { decodeDNSMessage, encodeDNSMessage } from '../src/dns/message.ts'
import { udpSourceAddrs } from '../src/lookup/resolver_options.ts'
import { resolverOf } from './resolver_of.ts'
import { txt } from './server.ts'

/** Counts the turns of the event loop until it is disposed of. */
class Turns implements Disposable {
  count = 0
  #isOver = false

  constructor() {
    this.#next()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
  }

  #next(): void {
    setImmediate(() => {
      this.count++
      if (!this.#isOver) this.#next()
    })
  }
}

/** Takes two microseconds, so that much of it takes long on the fastest machine, too. */
function spendTime(): void {
  for (const end = performance.now() + 0.002; performance.now() < end;);
}

/** A connection that has the next bytes at once, whenever it is read. */
const readyConn = (next: (p: Uint8Array) => number): Omit<DNSConn, 'readFrom'> => ({
  setDeadline: () => {},
  write: async (p) => p.byteLength,
  read: async (p) => next(p),
  close: async () => {},
})

test('Resolver lets the loop turn while packets that are no replies come at once, one after the other', async () => {
  const junk = crypto.getRandomValues(new Uint8Array(64))
  using turns = new Turns()
  let reply: Uint8Array = junk
  const dial = async (): Promise<DNSConn> => ({
    readFrom: true,
    ...readyConn((p) => {
      const packet = turns.count < 20 ? junk : reply // Only the loop's turns bring the reply.
      p.set(packet)
      return packet.byteLength
    }),
    async write(p) {
      const answers = [txt('a.example.', 'true')]
      reply = encodeDNSMessage({ ...decodeDNSMessage(p), response: true, recursionAvailable: true, answers })
      return p.byteLength
    },
  })
  const resolver = resolverOf(['127.0.0.1:9'], { dial, resolvConf: { timeout: 60_000 } })
  expect(await resolver.lookupTXT('a.example')).toEqual(['true'])
})

test('Resolver lets the loop turn while a reply comes byte by byte', async () => {
  let sent: Uint8Array = new Uint8Array(0)
  let at = 0
  const dial = async (): Promise<DNSConn> => ({
    ...readyConn((p) => {
      spendTime()
      p[0] = sent[at++] ?? 0
      return 1
    }),
    async write(p) {
      const query = decodeDNSMessage(p.subarray(2))
      const answers = Array.from({ length: 240 }, () => txt('a.example.', 'x'.repeat(250)))
      const reply = encodeDNSMessage({ ...query, response: true, recursionAvailable: true, answers })
      sent = Uint8Array.from([reply.length >> 8, reply.length & 0xff, ...reply])
      return p.byteLength
    },
  })
  const resolver = resolverOf(['127.0.0.1:9'], { dial, resolvConf: { useTCP: true } })
  using turns = new Turns()
  expect(await resolver.lookupTXT('a.example')).toHaveLength(240)
  expect(at).toBeGreaterThan(60_000)
  expect(turns.count).toBeGreaterThan(5)
})

test('udpSourceAddrs() lets the loop turn when there are very many addresses', async () => {
  const addrs = Array.from({ length: 20_000 }, () => new IPAddr(ipv4(127, 0, 0, 1)))
  const dial = async (): Promise<{ localAddr: null; close: () => Promise<void> }> => {
    spendTime()
    return { localAddr: null, close: async () => {} }
  }
  using turns = new Turns()
  expect(await udpSourceAddrs(dial as never)(addrs, {})).toHaveLength(20_000)
  expect(turns.count).toBeGreaterThan(1)
})
