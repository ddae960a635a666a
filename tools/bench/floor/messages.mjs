// What the drafts over io_uring do with messages: copy them, and echo them.

const MESSAGE = 64 // bytes

/** Copies a message: set() of a part costs more than this where it is short. */
export function copy(from, at, to, toAt, length) {
  if (length > 128) to.set(from.subarray(at, at + length), toAt)
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i]
}

/** Sends back what comes on a connection, until its end. */
export async function serve(conn) {
  const p = new Uint8Array(MESSAGE * 16)
  for (let n = await conn.read(p); n !== null; n = await conn.read(p)) await conn.write(p.subarray(0, n))
}
