import { expect, test } from 'vitest'
import { IP, TCPAddr, UDPAddr } from '@net/addr'
import { parsePlan9Addr, plan9AddrOf, plan9LocalAddr } from '../src/index.ts'
import { goType, vectors } from './vectors.ts'

interface In {
  op: string
  s?: string
  content?: string
  network?: string
  addr?: { ip?: string | null; port?: number; type: string; nil?: boolean }
}

function hex(ip: IP | null): string {
  return Buffer.from(ip?.bytes() ?? []).toString('hex')
}

function run(c: In): unknown {
  if (c.op === 'parsePlan9Addr') {
    const { ip, port } = parsePlan9Addr(c.s ?? '')
    return { ip: hex(ip), ipStr: ip.toString(), port }
  }
  if (c.op === 'readPlan9Addr') {
    // At most 128 bytes are read.
    const a = plan9AddrOf(c.network ?? '', (c.content ?? '').slice(0, 128))
    return { ip: hex(a.ip), network: a.network, port: a.port, str: a.toString() }
  }
  const { ip, port = 0, type, nil } = c.addr ?? { type: '' }
  if (nil === true) return plan9LocalAddr(null)
  const parsed = ip === null || ip === undefined || ip === '' ? null : IP.from(Buffer.from(ip, 'hex'))
  return plan9LocalAddr(type === 'TCPAddr' ? new TCPAddr(parsed, port) : new UDPAddr(parsed, port))
}

const cases = vectors<In, unknown>('plan9_addr')

test('all of Go’s cases of plan9_addr are here', () => {
  expect(cases).toHaveLength(132)
})

test.each(cases.map((c, i) => ({ ...c, i })))('$in.op agrees with Go, case $i ($tag)', (c) => {
  if (c.err === null) {
    expect(run(c.in)).toEqual(c.out)
    return
  }
  let error: unknown
  try {
    run(c.in)
  } catch (e) {
    error = e
  }
  expect((error as Error).message).toBe(c.err)
  expect(goType(error)).toBe(c.errType)
})
