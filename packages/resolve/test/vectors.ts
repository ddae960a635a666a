import { readFileSync } from 'node:fs'

/** A case of a vector file: what was given to Go and what came out. */
export interface Vector<In, Out> {
  readonly tag: string
  readonly in: In
  readonly out: Out
  readonly err: string | null
  readonly errType?: string
}

/** The cases of test-data/vectors/NAME.json. */
export function vectors<In, Out>(name: string): Vector<In, Out>[] {
  return vectorFile<In, Out>(name).cases
}

/** The whole of test-data/vectors/NAME.json. */
export function vectorFile<In, Out>(
  name: string,
): { env?: Record<string, string>; cases: Vector<In, Out>[] } {
  const url = new URL(`../../../test-data/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as { cases: Vector<In, Out>[] }
}
