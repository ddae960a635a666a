/**
 * What is known to fail where. `runtime`: the name of its row; `failure`: a part of the line that tells it; `why`: the reason,
 * as the page tells it.
 * @type {readonly { runtime: string, failure: string, why: string }[]}
 */
export const known = [
  {
    runtime: 'Deno',
    failure: 'write() after closeWrite() fails with an OpError',
    why: 'Deno fails what its net.Socket could not give to the kernel at once with EPIPE when the peer has half-closed without having sent a byte, taking the end of the stream for that of the connection, and the first write of an accepted connection is never given at once; node:net alone shows it, and Deno.Conn, which does not, can neither reset nor say how long keep-alive waits, nor dial from an address',
  },
  {
    runtime: 'Deno',
    failure: 'core: ',
    why: "Deno's dgram tells 0.0.0.0 as the local address of a connected socket, and has no other that tells the right one",
  },
  {
    runtime: 'Bun',
    failure: 'a reader that takes little at a time makes the writer wait as well',
    why: "Bun's net.Socket reads on without limit while small pieces are taken from it with read(n); node:net alone shows it",
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
