// The scenarios over @net/posix, in a process of its own: as server it echoes or sinks, as client it measures.
import { parseIP, TCPAddr } from '@net/addr'
import { allocBuffer, listenTCPSync, posix } from '@net/posix'

const loopback = (port) => new TCPAddr(parseIP('127.0.0.1'), port)

/** Listens, tells the port, and serves one connection. */
export async function serve(scenario, size, tell) {
  const listener = listenTCPSync('tcp', loopback(0))
  tell(listener.addr.port)
  const c = await listener.accept()
  await listener.close()
  const p = allocBuffer(size)
  let total = 0
  for (;;) {
    const n = await c.read(p)
    if (n === null) break
    total += n
    if (scenario === 'ping-pong') await c.write(n === size ? p : p.subarray(0, n))
  }
  // The sender's clock stops when the receiver has seen the end.
  if (scenario === 'throughput') await c.write(new TextEncoder().encode(String(total)))
  await c.close()
}

/** Does `count` round trips or writes of `size` bytes. Gives the time of each round trip, or of all, in ms. */
export async function run(scenario, size, count, port) {
  const c = await posix().dialTCP('tcp', null, loopback(port))
  const p = allocBuffer(size)
  const times = new Float64Array(scenario === 'ping-pong' ? count : 1)
  if (scenario === 'ping-pong') {
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await c.write(p)
      for (let got = 0; got < size;) got += await c.read(p)
      times[i] = performance.now() - start
    }
  } else {
    const start = performance.now()
    for (let i = 0; i < count; i++) await c.write(p)
    await c.closeWrite()
    const answer = new Uint8Array(32)
    const n = await c.read(answer)
    times[0] = performance.now() - start
    if (Number(new TextDecoder().decode(answer.subarray(0, n))) !== size * count)
      throw new Error('bytes were lost')
  }
  await c.close()
  return times
}
