import { DNSError } from '@net/contract'
import { expect, test } from 'vitest'
import { InvalidNamesError } from '../src/client/failure.ts'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import type { ResolvConf } from '../src/files/resolv_conf.ts'
import { Resolver } from '../src/resolver.ts'
import { Script, type ScriptEntry } from './script.ts'
import { vectors } from './vectors.ts'

interface In {
  call: string
  args: string[]
  strictErrors?: boolean
  repeat?: number
  conf: Partial<ResolvConf>
  script: ScriptEntry[]
}

interface Out {
  result: unknown
  queries?: string[]
  queriesOfEachCall?: string[][]
  error: {
    text: string
    name?: string
    server?: string
    isNotFound?: boolean
    isTimeout?: boolean
    isTemporary?: boolean
  } | null
}

const calls: Record<string, (r: Resolver, a: readonly string[]) => Promise<unknown>> = {
  LookupHost: async (r, [host = '']) => (await r.lookupHost(host)).sort(),
  LookupIP: async (r, [network = '', host = '']) => (await r.lookupIP(network, host)).map(String).sort(),
  LookupIPAddr: async (r, [host = '']) => (await r.lookupIPAddr(host)).map(String).sort(),
  LookupCNAME: (r, [host = '']) => r.lookupCNAME(host),
  LookupMX: (r, [name = '']) => r.lookupMX(name),
  LookupNS: async (r, [name = '']) => (await r.lookupNS(name)).map((ns) => ns.host),
  LookupTXT: (r, [name = '']) => r.lookupTXT(name),
  LookupAddr: (r, [addr = '']) => r.lookupAddr(addr),
  LookupSRV: async (r, [service = '', proto = '', name = '']) => {
    const { cname, addrs } = await r.lookupSRV(service, proto, name)
    return { cname, srv: addrs }
  },
}

/** What Go gives beside an error: nothing, in the form of each call, or what is good. */
function beside(call: string, e: unknown): unknown {
  const nothing: Record<string, unknown> = {
    LookupCNAME: '',
    LookupSRV: { cname: '', srv: [] },
    LookupHost: null,
    LookupIP: null,
    LookupIPAddr: null,
  }
  if (e instanceof InvalidNamesError && call === 'LookupSRV') {
    const { cname, addrs } = e.result as { cname: string; addrs: unknown }
    return { cname, srv: addrs }
  }
  if (e instanceof InvalidNamesError && call === 'LookupNS') {
    return (e.result as { host: string }[]).map((ns) => ns.host)
  }
  if (e instanceof InvalidNamesError) return e.result
  return call in nothing ? nothing[call] : []
}

function printed(e: unknown): Out['error'] {
  if (e instanceof DNSError) {
    const { message: text, name, server, isNotFound, isTimeout, isTemporary } = e
    return { text, name, server, isNotFound, isTimeout, isTemporary }
  }
  if (e instanceof Error) return { text: e.message }
  throw e
}

test.each(vectors<In, Out>('dns_lookup'))(
  'Resolver: $in.call($in.args) gives what Go gives ($tag)',
  async (v) => {
    const { call, args, conf, strictErrors = false, repeat = 1 } = v.in
    const script = new Script(v.in.script)
    const resolver = new Resolver({
      dial: script.dial,
      preferSystem: false,
      hosts: parseHosts(''),
      nsswitch: parseNSSConf('hosts: files dns'),
      resolvConf: conf,
      strictErrors,
    })
    const queries: string[][] = []
    let result: unknown
    let error: Out['error'] = null
    for (let i = 0; i < repeat; i++) {
      script.queries.length = 0
      try {
        result = await calls[call]?.(resolver, args)
        error = null
      } catch (e) {
        result = beside(call, e)
        error = printed(e)
      }
      queries.push([...script.queries].sort())
    }
    expect(resolver.pending).toBe(0)
    expect(error).toEqual(v.out.error)
    expect(result).toEqual(v.out.result)
    if (v.out.queries !== undefined) expect(queries[0]).toEqual(v.out.queries)
    if (v.out.queriesOfEachCall !== undefined) expect(queries).toEqual(v.out.queriesOfEachCall)
  },
)
