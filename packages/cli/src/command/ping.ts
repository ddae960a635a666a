import { setTimeout as pauseFor } from 'node:timers/promises'
import { ErrDeadlineExceeded, isErr, type IPAddr, type IPConn, type Net } from '@net/core'
import { dialPing } from '@net/posix'
import { InvalidArgumentError, Option } from 'commander'
import { define } from '../session/command.ts'
import { echoRequest, replySeq, type Version } from '../network/echo_message.ts'
import { codeOf, messageOf } from '../session/error.ts'
import { milliseconds, netOption, networkOf } from '../session/option.ts'
import type { Session, SessionOptions } from '../session/session.ts'

interface PingOptions extends SessionOptions {
  readonly count: number
  readonly interval: number
  readonly wait: number
  readonly size: number
  readonly net?: string
}

/** `netx ping`: asks a host for an echo, and tells how long it takes. */
export const ping = define<PingOptions>({
  name: 'ping',
  summary: 'ask a host for an echo, and tell how long it takes',
  description:
    'Asks a host for echoes by ICMP, and tells how long each takes. It needs no privilege where the kernel allows that ' +
    '(linux: net.ipv4.ping_group_range), else raw sockets, which are for root and CAP_NET_RAW.',
  argument: ['<host>', 'a name or an address'],
  options: () => [
    new Option('-c, --count <n>', 'how many').argParser(number(1, 0xffff)).default(4),
    new Option('-i, --interval <ms>', 'from one to the next').argParser(milliseconds).default(1000),
    new Option('--wait <ms>', 'how long to wait for each answer').argParser(milliseconds).default(2000),
    new Option('-s, --size <bytes>', 'bytes beside the head of 8').argParser(number(0, 65_000)).default(56),
    netOption,
  ],
  timeout: 'how long all of it may take',
  notes: 'The exit code is 1 when none was answered.',
  examples: [
    ['netx ping -c 1 127.0.0.1', 'asks once'],
    ['netx ping --json -i 200 -c 10 ::1', 'asks ten times in two seconds, for a program to read'],
  ],
  work: run,
})

/** An open way of asking: over a raw socket every answer is heard, and the identifier tells ours. */
interface Way {
  readonly conn: IPConn
  readonly version: Version
  readonly id: number | null
}

async function run(session: Session, [host = '']: readonly string[], options: PingOptions): Promise<void> {
  await using over = await networkOf(options.net, session.ending)
  const addr = await over.net.resolveIPAddr('ip', host, session.ending)
  const way = await open(over.net, addr, options.net === undefined)
  await using conn = way.conn
  const { count, interval, wait, size } = options
  const remote = conn.remoteAddr.toString()
  session.note(`pinging ${remote}`, { event: 'pinging', remote, raw: way.id !== null })
  const times: number[] = []
  for (let seq = 1; seq <= count; seq++) {
    const start = performance.now()
    const ms = await once(session, way, seq, size, wait)
    if (ms !== null) times.push(ms)
    const [line, found] = ms === null ? ['no answer', {}] : [`${ms.toFixed(3)} ms`, { ms: rounded(ms) }]
    session.answer([`${remote} seq ${seq}: ${line}`], { remote, seq, bytes: size + 8, ...found })
    const left = interval - (performance.now() - start)
    if (seq < count && left > 0) await pauseFor(left, undefined, { signal: session.ending.signal })
  }
  const summary = { sent: count, answered: times.length, ...(times.length > 0 && spread(times)) }
  session.answer([lineOf(summary)], { remote, ...summary })
  if (times.length === 0) session.fail()
}

// A socket for pings where the kernel has them, else a raw one, which a network that is not this machine's has at most.
async function open(net: Net, addr: IPAddr, here: boolean): Promise<Way> {
  const version = addr.ip?.to4() === null ? 6 : 4
  const refused: unknown[] = []
  if (here) {
    try {
      return { conn: await dialPing(`ip${version}`, null, addr), version, id: null }
    } catch (e) {
      refused.push(e)
    }
  }
  try {
    const conn = await net.dialIP(version === 4 ? 'ip4:icmp' : 'ip6:ipv6-icmp', null, addr)
    return { conn, version, id: Math.floor(Math.random() * 0x10000) }
  } catch (e) {
    refused.push(e)
    const isForbidden = ['EPERM', 'EACCES'].includes(String(codeOf(e)))
    const remedy = 'net.ipv4.ping_group_range lets groups ping, CAP_NET_RAW a program'
    throw new Error(`${refused.map(messageOf).join('; ')}${isForbidden ? ` (${remedy})` : ''}`, { cause: e })
  }
}

/** Asks once and gives the milliseconds until the answer; null when none came, or the network said no. */
async function once(
  session: Session,
  { conn, version, id }: Way,
  seq: number,
  size: number,
  wait: number,
): Promise<number | null> {
  const start = performance.now()
  const p = new Uint8Array(65_536)
  conn.setReadDeadline(Date.now() + wait)
  try {
    await conn.write(echoRequest(version, id ?? 0, seq, size), session.ending)
    for (;;) {
      const n = (await conn.read(p, session.ending)) ?? 0
      if (replySeq(version, p.subarray(0, n), id) === seq) return performance.now() - start
    }
  } catch (e) {
    session.ending.throwIfOver()
    if (!isErr(e, ErrDeadlineExceeded)) session.warn(e)
    return null
  }
}

function spread(times: readonly number[]): { min: number; avg: number; max: number } {
  const avg = times.reduce((a, b) => a + b, 0) / times.length
  return { min: rounded(Math.min(...times)), avg: rounded(avg), max: rounded(Math.max(...times)) }
}

function lineOf(of: { sent: number; answered: number; min?: number; avg?: number; max?: number }): string {
  const { sent, answered, min, avg, max } = of
  const times = min === undefined ? '' : `, ${min}/${avg}/${max} ms at least, on average, at most`
  return `${answered} of ${sent} answered${times}`
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function number(least: number, most: number): (value: string) => number {
  return (value) => {
    const n = /^\d+$/.test(value) ? Number(value) : -1
    if (n < least || n > most) throw new InvalidArgumentError(`It is a number from ${least} to ${most}.`)
    return n
  }
}
