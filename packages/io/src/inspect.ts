import type { Addr } from '@net/addr'

/** The method by which Node, Bun and Deno print a value in `console.log`; other hosts never call it. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** A connection or a listener in a line: what it is, and between which addresses. */
export function describe(x: object): string {
  const ends = [addrIn(x, 'localAddr') ?? addrIn(x, 'addr'), addrIn(x, 'remoteAddr')].filter(
    (a) => a !== undefined,
  )
  return `${x.constructor.name}(${ends.join('->')})`
}

function addrIn(x: object, name: 'localAddr' | 'remoteAddr' | 'addr'): string | undefined {
  const addr = name in x ? (x as Partial<Record<typeof name, Addr | null>>)[name] : null
  const text = addr?.toString()
  return text === ':0' ? undefined : text // a socket without a peer has an address of nothing
}
