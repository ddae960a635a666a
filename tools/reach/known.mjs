/**
 * What is known to fail where. `runtime`: the name of its row; `failure`: a part of the line that tells it; `why`: the reason,
 * as the page tells it.
 * @type {readonly { runtime: string, failure: string, why: string }[]}
 */
export const known = [
  {
    runtime: 'Deno',
    failure: 'core: ',
    why: "Deno's dgram tells 0.0.0.0 as the local address of a connected socket, and has no other that tells the right one",
  },
  {
    runtime: 'Bun',
    failure: 'node: ',
    why: "Bun's tls says ECONNRESET, not what was wrong, when a peer that speaks no TLS ends at once; node:tls over a Duplex alone shows it",
  },
]

/** Why something fails, or null when that is not known. @param {string} runtime @param {string} failure */
export function reasonOf(runtime, failure) {
  const entry = known.find((k) => k.runtime === runtime && failure.includes(k.failure))
  return entry?.why ?? null
}
