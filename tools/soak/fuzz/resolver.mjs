// A DNS server that answers anything, over UDP and TCP, and the lookups of a resolver that asks it.
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { DNSError } from '@net/contract'
import { posix } from '@net/posix'
import { decodeDNSMessage, encodeDNSMessage, parseHosts, parseNSSConf, resolverOver } from '@net/resolve'
import { Dice } from '../figures.mjs'

const HOST = parseIP('127.0.0.1')
const PATIENCE = 200 // milliseconds that a lookup may wait for an answer
const target = posix()
const A = 1
const CNAME = 5

/** An answer that is right, wrong, mangled or none. */
function answer(bytes, dice, network) {
  const query = decodeDNSMessage(bytes)
  const [{ name = '.', type = A } = {}] = query.questions
  const record = (owner, rr, data) => ({ name: owner, type: rr, class: 1, ttl: dice.below(100), data })
  const right = record(name, A, { kind: 'A', ip: parseIP(`192.0.2.${dice.below(256)}`) })
  const alias = record(name, CNAME, { kind: 'CNAME', target: dice.of([name, 'other.test.', '.']) })
  const reply = {
    ...query,
    response: dice.below(16) > 0,
    id: dice.below(16) > 0 ? query.id : dice.below(65_536),
    truncated: network === 'udp' && dice.below(8) === 0,
    recursionAvailable: true,
    rcode: dice.of([0, 0, 0, 0, 2, 3, 5, 15]),
    questions: dice.below(16) > 0 ? query.questions : [],
    answers: type === A ? dice.of([[right], [alias], [alias, right], [right, right], []]) : [],
    authorities: [],
    additionals: [],
  }
  const p = Buffer.from(encodeDNSMessage(reply))
  for (let i = dice.of([0, 0, 0, 1, 4]); i > 0; i--) p[dice.below(p.byteLength)] = dice.below(256)
  return dice.below(16) === 0 ? p.subarray(0, dice.below(p.byteLength)) : p
}

async function serveUDP(socket, dice) {
  for await (const [p, from] of socket) {
    if (dice.below(16) === 0) continue
    for (let i = dice.of([1, 1, 1, 2]); i > 0; i--) await socket.writeTo(answer(p, dice, 'udp'), from)
  }
}

async function serveTCP(listener, dice) {
  const one = async (conn) => {
    const p = Buffer.alloc(1 << 12)
    let n = 0
    while (n < 2 || n < p.readUInt16BE(0) + 2) {
      const more = await conn.read(p.subarray(n))
      if (more === null) return
      n += more
    }
    const reply = answer(p.subarray(2, n), dice, 'tcp')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(dice.below(16) > 0 ? reply.byteLength : dice.below(65_536))
    await conn.write(Buffer.concat([length, reply]))
  }
  for await (const conn of listener)
    one(conn)
      .catch(() => {})
      .finally(() => conn.close())
}

/** Lookups of a resolver whose server answers anything. */
export async function fuzzResolver() {
  const listener = await target.listenTCP('tcp', new TCPAddr(HOST, 0))
  const socket = await target.listenUDP('udp', new UDPAddr(HOST, listener.addr.port))
  const dice = new Dice(listener.addr.port)
  const serving = [serveUDP(socket, dice), serveTCP(listener, dice)]
  const resolver = resolverOver(target, {
    preferSystem: false,
    hosts: parseHosts(''),
    nsswitch: parseNSSConf('hosts: dns'),
    resolvConf: { servers: [listener.addr.toString()], attempts: 1, timeout: PATIENCE },
  })
  const wrongs = []
  const ends = { found: 0, failed: 0 }
  return {
    async round(own) {
      const name = `n${own.below(1000)}.test.`
      const lookups = [
        () => resolver.lookupHost(name),
        () => resolver.lookupCNAME(name),
        () => resolver.lookupTXT(name),
        () => resolver.lookupMX(name),
        () => resolver.lookupAddr('192.0.2.1'),
      ]
      try {
        await own.of(lookups)()
        ends.found++
      } catch (e) {
        ends.failed++
        if (!(e instanceof DNSError) && e.name !== 'InvalidNamesError')
          wrongs.push(`a lookup failed with ${e}`)
      }
    },
    async stop() {
      await Promise.all([socket.close(), listener.close()])
      await Promise.all(serving)
      return wrongs
    },
    tells: () => `${ends.found} found, ${ends.failed} failed`,
  }
}
