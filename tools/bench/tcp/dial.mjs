// Dials that are closed at once: the first of a process, and those after thousands of others.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseIP, TCPAddr } from '@net/addr'
import { posix } from '@net/posix'
import { digits, median, table } from '../stats.mjs'

const COLD = 2000 // dials of a new process
const WARM = 6000 // dials before those that are measured

const dials = {
  node: (port) =>
    new Promise((resolve, reject) => {
      const c = net.connect({ port, host: '127.0.0.1', noDelay: true, keepAlive: true })
      c.on('error', reject)
      c.on('connect', () => c.destroy())
      c.on('close', resolve)
    }),
  ours: async (port) => {
    const c = await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), port))
    await c.close()
  },
}

async function serve() {
  const listener = await posix().listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  process.send(listener.addr.port)
  for await (const c of listener) void c.close()
}

/** Makes `count` dials, `many` at a time. Gives the time and the processor time of one, in microseconds. */
async function measure(dial, port, count, many) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  let left = count
  const one = async () => {
    while (left-- > 0) await dial(port)
  }
  await Promise.all(Array.from({ length: many }, one))
  const { user, system } = process.cpuUsage(cpu)
  return { time: ((performance.now() - start) * 1000) / count, cpu: (user + system) / count }
}

async function client(peer, many, port, warm) {
  const dial = dials[peer]
  const cold = await measure(dial, port, COLD, many)
  if (!warm) return { cold }
  await measure(dial, port, WARM - COLD, many)
  return { cold, warm: await measure(dial, port, COLD, many) }
}

async function round(peer, many, port, warm) {
  const child = fork(script, ['client', peer, many, port, warm ? 'warm' : ''].map(String))
  const [[result], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  if (code !== 0) throw new Error(`${peer} failed`)
  return result
}

/** Dial and close, over loopback: time and processor time of one. */
export async function dialAndClose({ rounds, warm = true }) {
  const rows = [['at once', 'dials', 'figure', 'node:net, µs', '@net/posix, µs', 'rate, ours to its']]
  const server = fork(script, ['server'])
  const [port] = await once(server, 'message')
  for (const many of [1, 50]) {
    const results = { node: [], ours: [] }
    for (let i = 0; i < rounds; i++) {
      for (const peer of i % 2 === 0 ? ['node', 'ours'] : ['ours', 'node']) {
        results[peer].push(await round(peer, many, port, warm))
      }
    }
    for (const when of warm ? ['cold', 'warm'] : ['cold']) {
      for (const figure of ['time', 'cpu']) {
        const [a, b] = ['node', 'ours'].map((peer) => median(results[peer].map((r) => r[when][figure])))
        const name = when === 'cold' ? `the first ${COLD}` : `after ${WARM}`
        rows.push([String(many), name, figure, digits(a), digits(b), digits(a / b)])
      }
    }
  }
  server.kill()
  return table(rows)
}

const script = fileURLToPath(import.meta.url)
if (process.argv[1] === script) {
  const [role, peer, many, port, warm] = process.argv.slice(2)
  if (role === 'server') await serve()
  else if (role === 'client') {
    process.send(await client(peer, Number(many), Number(port), warm === 'warm'), () => process.disconnect())
  } else process.stdout.write(await dialAndClose({ rounds: Number(role ?? 7) }))
}
