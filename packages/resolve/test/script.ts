import { IP, TCPAddr, UDPAddr } from '@net/addr'
import { Errno, ErrDeadlineExceeded, OpError, SyscallError } from '@net/contract'
import { decodeDNSMessage } from '../src/dns/message.ts'
import { RRType } from '../src/dns/rr.ts'
import type { ServerDial } from '../src/client/server_dial.ts'

/** What happens to a query that fits. */
export interface ScriptEntry {
  readonly server?: string
  readonly net?: string
  readonly name: string
  readonly type: string
  readonly once?: boolean
  readonly fail?: 'dial' | 'refused' | 'eof'
  readonly replies?: readonly string[]
  readonly keepId?: number
}

const typeNames = new Map<number, string>(Object.entries(RRType).map(([name, type]) => [type, name]))

/** A network of servers that answer by a script, one connection and query each, as the vectors describe them. */
export class Script {
  /** The queries that came, as "net server name type". */
  readonly queries: string[] = []
  readonly #entries: ScriptEntry[]

  constructor(entries: readonly ScriptEntry[]) {
    this.#entries = [...entries]
  }

  readonly dial: ServerDial = async (network, server) => {
    const [host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(server)?.slice(1) ?? []
    const remote = network === 'udp' ? UDPAddr : TCPAddr
    const raddr = remote.from({ ip: host, port: Number(port) })
    const refused = new SyscallError('connect', new Errno('ECONNREFUSED', 111))
    for (const e of this.#entries) {
      if (e.fail === 'dial' && (e.server ?? server) === server && (e.net ?? network) === network) {
        throw new OpError('dial', network, null, raddr, refused)
      }
    }
    const conn = new ScriptConn(network, raddr, (query) => this.#answer(network, server, query))
    // A connection that has readFrom is one of packets.
    return network === 'udp' ? Object.assign(conn, { readFrom: true }) : conn
  }

  #answer(network: string, server: string, query: Uint8Array): { replies: Uint8Array[]; fail: string } {
    const { questions } = decodeDNSMessage(query)
    const { name = '', type: number = 0 } = questions[0] ?? {}
    const type = typeNames.get(number) ?? String(number)
    this.queries.push(`${network} ${server} ${name} ${type}`)
    const at = this.#entries.findIndex(
      (e) =>
        (e.server ?? server) === server &&
        (e.net ?? network) === network &&
        (e.name === '*' || e.name.toLowerCase() === name.toLowerCase()) &&
        (e.type === '*' || e.type === type),
    )
    const entry = this.#entries[at]
    if (entry === undefined) return { replies: [noSuchName(query)], fail: '' }
    if (entry.once === true) this.#entries.splice(at, 1)
    const replies = (entry.replies ?? []).map((hex, i) => {
      const reply = Uint8Array.from(Buffer.from(hex, 'hex'))
      if (i >= (entry.keepId ?? 0)) reply.set(query.subarray(0, Math.min(2, reply.length)))
      return reply
    })
    return { replies, fail: entry.fail ?? '' }
  }
}

function noSuchName(query: Uint8Array): Uint8Array {
  const reply = query.slice(0, query.length - 11) // without OPT
  reply.set([0x81, 0x83], 2)
  reply.set([0, 0], 10)
  return reply
}

class ScriptConn {
  readonly #network: string
  readonly #raddr: UDPAddr | TCPAddr
  readonly #laddr = new UDPAddr(IP.from([127, 0, 0, 1]), 40000)
  readonly #answer: (query: Uint8Array) => { replies: Uint8Array[]; fail: string }
  #replies: Uint8Array[] = []
  #fail = ''

  constructor(
    network: string,
    raddr: UDPAddr | TCPAddr,
    answer: (query: Uint8Array) => { replies: Uint8Array[]; fail: string },
  ) {
    this.#network = network
    this.#raddr = raddr
    this.#answer = answer
  }

  setDeadline(): void {
    // The script knows what times out.
  }

  async write(p: Uint8Array): Promise<number> {
    const stream = this.#network === 'tcp'
    const { replies, fail } = this.#answer(stream ? p.subarray(2) : p)
    this.#fail = fail
    this.#replies = stream
      ? replies.map((r) => Uint8Array.from([r.length >> 8, r.length & 0xff, ...r]))
      : replies
    return p.length
  }

  async read(p: Uint8Array): Promise<number | null> {
    const reply = this.#replies.shift()
    if (reply !== undefined) {
      const n = Math.min(p.length, reply.length)
      p.set(reply.subarray(0, n))
      if (this.#network === 'tcp' && n < reply.length) this.#replies.unshift(reply.subarray(n))
      return n
    }
    if (this.#fail === 'eof') return null
    const refused = new SyscallError('read', new Errno('ECONNREFUSED', 111))
    const cause = this.#fail === 'refused' ? refused : ErrDeadlineExceeded
    throw new OpError('read', this.#network, this.#laddr, this.#raddr, cause)
  }

  async close(): Promise<void> {
    // Nothing to give back.
  }
}
