import { readFileSync } from 'node:fs'

/** One case of a vector file: what went into Go, and what came out. */
export interface Case<In, Out> {
  tag: string
  in: In
  out: Out
  err: string | null
  errType?: string
}

/** Reads the cases of a topic. */
export function vectors<In, Out>(topic: string): Case<In, Out>[] {
  const url = new URL(`../../../test-data/vectors/${topic}.json`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { cases: Case<In, Out>[] }).cases
}

/** Go's name of an error's type. */
export function goType(e: unknown): string {
  const { name } = (e as Error).constructor
  const types: Record<string, string> = {
    ParseError: '*net.ParseError',
    AddrError: '*net.AddrError',
    DNSError: '*net.DNSError',
    UnknownNetworkError: 'net.UnknownNetworkError',
  }
  return types[name] ?? '*errors.errorString'
}
