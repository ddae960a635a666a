// A server with 64 descriptors and many more clients at once: they wait for their turn, and nobody is dropped.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseIP, TCPAddr } from '@net/addr'
import { posix } from '@net/posix'
import { lanes } from './figures.mjs'
import { Peer } from './process.mjs'

const LIMIT = 64
const QUEUE = 16_384 // connections that may wait to be accepted, in this network
const limited = fileURLToPath(new URL('process/limited.sh', import.meta.url))

/** Connects, waits until all others have, and is served. Says what went wrong. */
async function client(target, addr, number, all) {
  try {
    const c = await target.dialTCP('tcp', null, addr).finally(all)
    const sent = Buffer.alloc(64)
    sent.writeUInt32BE(number)
    await c.write(sent)
    const got = Buffer.alloc(64)
    for (let n = 0; n < got.byteLength;) {
      const more = await c.read(got.subarray(n))
      if (more === null) throw new Error('the echo ended early')
      n += more
    }
    await c.close()
    return got.equals(sent) ? null : 'other bytes came back'
  } catch (e) {
    return e.message
  }
}

/** A wait that ends for all once `count` have come to it. */
function barrier(count) {
  let resolve
  const promise = new Promise((f) => (resolve = f))
  let come = 0
  return () => {
    if (++come === count) resolve()
    return promise
  }
}

export const soak = {
  sentence: 'a server that has 64 descriptors serves all of 10,000 clients that come at once',
  bound: { short: 120, full: 300 },
  async run({ short }) {
    const count = short ? 1000 : 10_000
    writeFileSync('/proc/sys/net/core/somaxconn', String(QUEUE))
    const server = await Peer.start('echo_server', [], { execPath: limited, execArgv: [String(LIMIT)] })
    const addr = new TCPAddr(parseIP('127.0.0.1'), server.first.port)
    const target = posix()
    const all = barrier(count)
    const wrongs = (await lanes(count, (i) => client(target, addr, i, all))).filter((wrong) => wrong !== null)
    let { served, most } = await server.ask('tell')
    // The clients are done a moment before the server is.
    while (served < count - wrongs.length) ({ served, most } = await server.ask('tell'))
    const ended = await server.stop()
    for (const wrong of new Set(wrongs)) console.log(wrong)
    return {
      good: wrongs.length === 0 && served === count && most < LIMIT && ended === null,
      figures: `${count} clients at once, ${served} served, ${most} at a time at most, ${wrongs.length} dropped`,
    }
  },
}
