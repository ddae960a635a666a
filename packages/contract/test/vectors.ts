import { readFileSync } from 'node:fs'

/** One input with what Go 1.23 made of it. */
export interface Vector<In, Out> {
  readonly tag: string
  readonly in: In
  readonly out: Out
}

/** Reads the vectors of a topic. */
export function vectors<In, Out>(topic: string): Vector<In, Out>[] {
  const file = new URL(`../../../test-data/vectors/${topic}.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector<In, Out>[] }).cases
}
