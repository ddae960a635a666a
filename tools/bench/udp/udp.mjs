// A flood of UDP packets over loopback: one call for each packet, many in a call, and cut and put together by the kernel.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { digits, median, table } from '../stats.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))

const ways = {
  node: 'node:dgram, one call each',
  one: '@net/posix, one call each',
  batch: '@net/posix, batches of 64',
  gso: '@net/posix, batches with segmentSize and setGRO()',
}

function start(...args) {
  return spawn(process.execPath, [script, ...args.map(String)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

async function round(way, size, ms) {
  const receiver = start(way, 'receiver', size, ms)
  const [{ port }] = await once(receiver, 'message')
  const sender = start(way, 'sender', size, ms, port)
  const ends = [once(receiver, 'exit'), once(sender, 'exit')]
  const [{ sent, ms: took }] = await once(sender, 'message')
  await sleep(100) // what is still in the receive buffer
  receiver.send('stop')
  const [{ received }] = await once(receiver, 'message')
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error(`${way} failed`)
  return { sent: sent / took, received: received / took, loss: (1 - received / sent) * 100 }
}

/** Floods by each way in turn: thousands of packets a second sent and received, and how many of them were lost. */
export async function flood({ rounds, ms = 1000, sizes = [64, 1200] }) {
  const rows = [['bytes', '', 'sent, k/s', 'received, k/s', 'of node:dgram', 'lost, %']]
  for (const size of sizes) {
    const results = Object.fromEntries(Object.keys(ways).map((way) => [way, []]))
    for (let i = 0; i < rounds; i++) {
      for (const way of Object.keys(ways)) results[way].push(await round(way, size, ms))
    }
    const of = (way, figure) => median(results[way].map((r) => r[figure]))
    for (const [way, name] of Object.entries(ways)) {
      const [sent, received] = [of(way, 'sent'), of(way, 'received')]
      rows.push([
        size,
        name,
        digits(sent),
        digits(received),
        digits(received / of('node', 'received')),
        of(way, 'loss').toFixed(1),
      ])
    }
  }
  return table(rows)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${await flood({ rounds: 3 })}\n`)
