// Passes bytes on between two connections, for the examples that stand between others. It is no example itself.

/** @typedef {import('@net/core').Conn & import('@net/core').ByteStreams} Stream */

/**
 * Passes bytes on both ways until both have ended, and closes both connections. Each way reads no faster than the other connection
 * takes it; an end of stream goes on as one; what breaks one connection breaks the other.
 * @param {Stream} a
 * @param {Stream} b
 */
export async function relay(a, b) {
  try {
    await Promise.all([a.readable.pipeTo(b.writable), b.readable.pipeTo(a.writable)])
  } finally {
    await Promise.all([a.close(), b.close()])
  }
}
