// The scenarios over node:net, in a process of its own.
import net from 'node:net'

/** Listens, tells the port, and serves one connection. */
export function serve(scenario, _size, tell) {
  return new Promise((resolve) => {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (c) => {
      server.close()
      let total = 0
      c.on('data', (chunk) => {
        total += chunk.length
        if (scenario === 'ping-pong') c.write(chunk)
      })
      c.on('end', () => c.end(scenario === 'throughput' ? String(total) : undefined))
      c.on('close', resolve)
    })
    server.listen(0, '127.0.0.1', () => tell(server.address().port))
  })
}

/** Does `count` round trips or writes of `size` bytes. Gives the time of each round trip, or of all, in ms. */
export function run(scenario, size, count, port) {
  return new Promise((resolve, reject) => {
    const times = new Float64Array(scenario === 'ping-pong' ? count : 1)
    const c = net.connect({ port, host: '127.0.0.1', noDelay: true })
    c.on('error', reject)
    const p = Buffer.alloc(size)
    let start = 0
    let i = 0
    let got = 0
    if (scenario === 'ping-pong') {
      c.on('data', (chunk) => {
        got += chunk.length
        if (got < size) return
        got = 0
        times[i++] = performance.now() - start
        if (i === count) {
          c.end()
          return
        }
        start = performance.now()
        c.write(p)
      })
    } else {
      let answer = ''
      c.on('data', (chunk) => (answer += chunk))
      c.on('end', () => {
        times[0] = performance.now() - start
        if (Number(answer) !== size * count) reject(new Error('bytes were lost'))
      })
    }
    const pump = () => {
      while (i < count) {
        i++
        if (!c.write(p)) {
          c.once('drain', pump)
          return
        }
      }
      c.end()
    }
    c.on('close', () => resolve(times))
    c.on('connect', () => {
      start = performance.now()
      if (scenario === 'ping-pong') c.write(p)
      else pump()
    })
  })
}
