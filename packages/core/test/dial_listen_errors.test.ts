import { AddrError, IP, IPAddr, TCPAddr, UDPAddr, UnixAddr, type Addr } from '@net/addr'
import { OpError, type TCPNetwork, type UDPNetwork, type UnixNetwork } from '@net/contract'
import { expect, test } from 'vitest'
import { defaultNet, Net } from '../src/index.ts'
import { rejection, resolverOf, vectors } from './vectors.ts'

interface VectorAddr {
  readonly ip?: string | null
  readonly port?: number
  readonly zone?: string
  readonly name?: string
  readonly net?: string
}

interface Input {
  readonly fn: string
  readonly network: string
  readonly address?: string
  readonly laddr?: VectorAddr | null
  readonly raddr?: VectorAddr | null
  readonly timeoutMs?: number
}

interface Case {
  readonly tag: string
  readonly in: Input
  readonly err: string
}

const { env, cases } = vectors<Case>('dial_listen_errors')
const net = new Net(defaultNet().target, { resolver: resolverOf(env) })

const counts = { run: 0, canceled: 0, impossible: 0 }

function tcp(a: VectorAddr | null | undefined): TCPAddr | null {
  return a ? new TCPAddr(ip(a), a.port ?? 0, a.zone) : null
}

function udp(a: VectorAddr | null | undefined): UDPAddr | null {
  return a ? new UDPAddr(ip(a), a.port ?? 0, a.zone) : null
}

function raw(a: VectorAddr | null | undefined): IPAddr | null {
  return a ? new IPAddr(ip(a), a.zone) : null
}

function unix(a: VectorAddr | null | undefined): UnixAddr | null {
  return a ? new UnixAddr(a.name ?? '', a.net as UnixNetwork) : null
}

function ip(a: VectorAddr): IP | null {
  return typeof a.ip === 'string' ? IP.from(Buffer.from(a.ip, 'hex')) : null
}

function local({ fn, laddr }: Input): Addr | null {
  return fn === 'Dialer.LocalTCP' ? tcp(laddr) : fn === 'Dialer.LocalUDP' ? udp(laddr) : unix(laddr)
}

function call(input: Input): Promise<unknown> {
  const { fn, network, address = '', laddr, raddr, timeoutMs = 0 } = input
  switch (fn) {
    case 'Dial':
      return net.dial(network, address)
    case 'DialTimeout':
      return net.dial(network, address, { timeout: timeoutMs })
    case 'DialContextExpired':
      return net.dial(network, address, { deadline: Date.now() - 1000 })
    case 'DialContextCanceled':
      return net.dial(network, address, { signal: canceled })
    case 'Dialer.LocalTCP':
    case 'Dialer.LocalUDP':
    case 'Dialer.LocalUnix':
      return net.dial(network, address, { localAddr: local(input) })
    case 'Listen':
      return net.listen(network, address)
    case 'ListenPacket':
      return net.listenPacket(network, address)
    case 'DialTCP':
      return net.dialTCP(network as TCPNetwork, tcp(laddr), tcp(raddr))
    case 'DialUDP':
      return net.dialUDP(network as UDPNetwork, udp(laddr), udp(raddr))
    case 'DialUnix':
      return net.dialUnix(network as UnixNetwork, unix(laddr), unix(raddr))
    case 'ListenTCP':
      return net.listenTCP(network as TCPNetwork, tcp(laddr))
    case 'ListenUDP':
      return net.listenUDP(network as UDPNetwork, udp(laddr))
    case 'ListenUnix':
      return net.listenUnix(network as UnixNetwork, unix(laddr))
    case 'DialIP':
      return net.dialIP(network, raw(laddr), raw(raddr))
    case 'ListenIP':
      return net.listenIP(network, raw(laddr))
    case 'ListenMulticastUDP':
      return net.listenMulticastUDP(network as UDPNetwork, null, udp(laddr))
    case 'ListenUnixgram':
      return net.listenUnixgram(network as 'unixgram', unix(laddr))
    default:
      throw new Error(`no such call: ${fn}`)
  }
}

const reason = new Error('the reason')
const canceled = AbortSignal.abort(reason)

function odd(a: VectorAddr | null | undefined): boolean {
  return typeof a?.ip === 'string' && ![8, 32].includes(a.ip.length)
}

async function check({ in: input, err }: Case): Promise<void> {
  const what = JSON.stringify(input)
  if (odd(input.laddr) || odd(input.raddr)) {
    // An address of such a length cannot be made.
    expect(() => ip((input.laddr ?? input.raddr) as VectorAddr), what).toThrow(AddrError)
    counts.impossible++
  } else if (err.endsWith(': operation was canceled')) {
    // Go tells of the cancellation in an OpError; here the signal's reason comes through unchanged.
    expect(await rejection(call(input)), what).toBe(reason)
    counts.canceled++
  } else {
    const e = await rejection(call(input))
    expect(e.message, what).toBe(err)
    expect(e, what).toBeInstanceOf(OpError)
    counts.run++
  }
}

test.each([...new Set(cases.map((c) => `${c.in.fn} ${c.tag}`))])('Net fails as Go: %s', async (tag) => {
  for (const c of cases.filter((x) => `${x.in.fn} ${x.tag}` === tag)) await check(c)
})

test('Net is tested with every vector of failing calls', () => {
  expect(counts).toEqual({ run: 243, canceled: 3, impossible: 2 })
  expect(Object.values(counts).reduce((a, b) => a + b)).toBe(cases.length)
  expect(cases.length).toBe(248)
})
