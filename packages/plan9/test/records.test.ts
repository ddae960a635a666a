import { expect, test } from 'vitest'
import { IP } from '@net/addr'
import type { NetFS } from '@net/contract'
import { queryCS1 } from '../src/file/cs.ts'
import { Records } from '../src/records.ts'
import { ScriptedNet, type Script } from './scripted_net.ts'
import { goType, vectors } from './vectors.ts'

interface In {
  fn: string
  args: (string | number | null)[]
  reads?: string[]
  error?: string
}
interface Out {
  queries: [string, string][]
  result: unknown
}

function call(fs: NetFS, { fn, args }: In): Promise<unknown> {
  const records = new Records(fs)
  const [a, b, c] = args.map(String) as [string, string, string]
  switch (fn) {
    case 'lookupHost':
      return records.lookupHost(a)
    case 'lookupPort':
      return records.lookupPort(a, b)
    case 'lookupCNAME':
      return records.lookupCNAME(a)
    case 'lookupSRV':
      return records.lookupSRV(a, b, c).then(({ cname, addrs }) => ({ cname, srv: addrs }))
    case 'lookupMX':
      return records.lookupMX(a)
    case 'lookupNS':
      return records.lookupNS(a).then((all) => all.map((ns) => ns.host))
    case 'lookupTXT':
      return records.lookupTXT(a)
    case 'lookupAddr':
      return records.lookupAddr(a)
    case 'lookupProtocol':
      return records.lookupProtocol(a)
    case 'queryCS1': {
      const [, ip, port] = args
      const parsed = typeof ip === 'string' && ip !== '' ? IP.from(Buffer.from(ip, 'hex')) : null
      return queryCS1(fs, a, parsed, Number(port))
    }
  }
  throw new Error(`no function ${fn}`)
}

const cases = vectors<In, Out>('plan9_lookup')

test('all of Go’s cases of plan9_lookup are here', () => {
  expect(cases).toHaveLength(190)
})

test.each(cases.map((c, i) => ({ ...c, i })))('$in.fn agrees with Go, case $i ($tag)', async (c) => {
  const queries: [string, string][] = []
  const file = (path: string) => (): Script => ({
    reads: [...(c.in.reads ?? [])],
    write(text) {
      queries.push([path, text])
      if (c.in.error !== undefined) throw new Error(c.in.error)
    },
  })
  const fs = new ScriptedNet({ cs: file('/net/cs'), dns: file('/net/dns') })
  const { value, error } = await call(fs, c.in).then(
    (value) => ({ value, error: null }),
    (error: unknown) => ({ value: null, error }),
  )
  expect(queries).toEqual(c.out.queries)
  if (c.err === null) {
    expect(value).toEqual(c.out.result)
  } else {
    expect((error as Error).message).toBe(c.err)
    expect(goType(error)).toBe(c.errType)
  }
  expect(fs.held).toBe(0)
})

test('a byte order mark is part of an answer', async () => {
  const fs = new ScriptedNet({ dns: () => ({ reads: ['\ufeff cname a.example'] }) })
  expect(await new Records(fs).lookupCNAME('b.example').catch((e: unknown) => String(e))).toBe('a.example.')
})

test('an address of an answer ends at the mark, whatever comes behind', async () => {
  const fs = new ScriptedNet({ cs: () => ({ reads: ['/net/tcp/clone 192.0.2.9!1\u2028one'] }) })
  expect(await new Records(fs).lookupHost('a.example')).toEqual(['192.0.2.9'])
})
