import { expect, test } from 'vitest'
import { Net, targetOf } from '../src/index.ts'
import { row } from '../src/targets/plan9.ts'
import { rejection, resolverOf, vectors } from './vectors.ts'

interface Case {
  readonly tag: string
  readonly in: { readonly fn: string; readonly network: string; readonly address: string }
  readonly out: Readonly<Record<string, string | number | null>> | null
  readonly err: string | null
}

const { env, cases } = vectors<Case>('resolve_addrs')
// Resolving asks the resolver alone, so a target that refuses everything will do.
const net = new Net(targetOf(row()), { resolver: resolverOf(env) })

const tags = [...new Set(cases.map((c) => `${c.in.fn} ${c.tag}`))]
let run = 0

async function resolve({ fn, network, address }: Case['in']): Promise<Case['out']> {
  if (fn === 'ResolveUnixAddr') {
    const a = await net.resolveUnixAddr(network, address)
    return { name: a.name, net: a.net, network: a.network, str: a.toString() }
  }
  const a =
    fn === 'ResolveIPAddr'
      ? await net.resolveIPAddr(network, address)
      : await (fn === 'ResolveTCPAddr'
          ? net.resolveTCPAddr(network, address)
          : net.resolveUDPAddr(network, address))
  const ip = a.ip === null ? null : Buffer.from(a.ip.bytes()).toString('hex')
  const common = { ip, network: a.network, str: a.toString(), zone: a.zone }
  return 'port' in a ? { ...common, port: a.port } : common
}

test.each(tags)('Net.resolve*Addr() resolves as Go: %s', async (tag) => {
  for (const c of cases.filter((x) => `${x.in.fn} ${x.tag}` === tag)) {
    const what = `${c.in.fn}(${JSON.stringify(c.in.network)}, ${JSON.stringify(c.in.address)})`
    if (c.err === null) expect(await resolve(c.in), what).toEqual(c.out)
    else expect((await rejection(resolve(c.in))).message, what).toBe(c.err)
    run++
  }
})

test('Net.resolve*Addr() is tested with every vector', () => {
  expect(run).toBe(cases.length)
  expect(run).toBe(587)
})

test("Net.resolveIPAddr() prefers IPv4 for '::' where the network has a protocol, as Go", async () => {
  expect(String(await net.resolveIPAddr('ip', '::'))).toBe('::')
  expect(String(await net.resolveIPAddr('', '::'))).toBe('::')
  expect(String(await net.resolveIPAddr('ip:icmp', '::'))).toBe('0.0.0.0')
  expect(String(await net.resolveIPAddr('ip:icmp', '::1'))).toBe('::1')
})

test('Net.resolve*Addr() rejects with a TypeError what is no text', async () => {
  const wrong = 80 as unknown as string
  for (const p of [
    net.resolveTCPAddr('tcp', wrong),
    net.resolveUDPAddr(wrong, ':1'),
    net.resolveIPAddr('ip', wrong),
    net.resolveUnixAddr('unix', wrong),
  ]) {
    expect(await rejection(p)).toBeInstanceOf(TypeError)
  }
})
