// Bytes through loss, delay and reordering: TCP between two networks whose frames a relay of ours carries, over the
// kernel's sockets, the host's, and a /net that is imported from the other side.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseIP, TCPAddr } from '@net/addr'
import { isEnclosed } from '@net/peers'
import { importNet, plan9 } from '@net/plan9'
import { hosted, posix } from '@net/posix'
import { Dice, lanes } from './figures.mjs'
import { Peer } from './process.mjs'

const FAR = parseIP('10.66.0.2') // of a network of this soak's own
const HERE = parseIP('127.0.0.1') // of the far side, where the imported /net dials
const CONNS = 4 // of each target, at once
const LOSS = [0, 0.01, 0.05]
const DELAY = [0, 0.02] // seconds
const REORDER = [0, 0.1]

/** The relay of frames between this process's network and another's. */
class Relay {
  #child
  #lines

  static async start(far) {
    const script = fileURLToPath(new URL('process/weather.py', import.meta.url))
    const args = ['--net', 'python3', script, String(process.pid), String(far)]
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const relay = new Relay(child)
    await relay.#ready()
    return relay
  }

  constructor(child) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  async #ready() {
    const { done } = await this.#lines.next()
    if (done) throw new Error('the relay has ended')
  }

  async set(loss, delay, reorder) {
    this.#child.stdin.write(`${loss} ${delay} ${reorder}\n`)
    await this.#ready()
  }

  async stop() {
    const exit = once(this.#child, 'exit')
    this.#child.stdin.end()
    await exit
    // The kernel takes the interfaces down a moment after the network that they lead to has gone.
    while (!isEnclosed()) await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Sends bytes to the echo server and compares what comes back. */
async function echo(target, addr, bytes) {
  const c = await target.dialTCP('tcp', null, addr)
  const dice = new Dice(bytes)
  const sent = Buffer.from(Array.from({ length: bytes }, () => dice.below(256)))
  const got = Buffer.alloc(bytes)
  const receive = async () => {
    for (let n = 0; n < bytes;) {
      const more = await c.read(got.subarray(n))
      if (more === null) throw new Error(`the echo ended after ${n} bytes`)
      n += more
    }
  }
  await Promise.all([c.write(sent), receive()])
  await c.close()
  if (!got.equals(sent)) throw new Error('other bytes came back')
}

export const soak = {
  sentence: 'bytes arrive whole and in order through loss, delay and reordering',
  bound: { short: 120, full: 1800 },
  async run({ short }) {
    const bytes = short ? 1 << 14 : 1 << 18
    const server = await Peer.start('far', [], { execPath: 'unshare', execArgv: ['--net', process.execPath] })
    const relay = await Relay.start(server.pid)
    const kernel = posix()
    const imported = await importNet(await kernel.dialTCP('tcp', null, new TCPAddr(FAR, server.first.export)))
    const far = new TCPAddr(FAR, server.first.echo)
    const places = [
      ['posix', kernel, far],
      ['hosted', hosted(), far],
      ['/net', plan9({ net: imported }), new TCPAddr(HERE, server.first.echo)],
    ]
    const wrongs = []
    const lines = []
    let cells = 0
    for (const loss of LOSS)
      for (const delay of DELAY)
        for (const reorder of REORDER) {
          if (short && (loss === 0) !== (delay === 0)) continue
          cells++
          await relay.set(loss, delay, reorder)
          const start = performance.now()
          for (const [name, target, addr] of places)
            await lanes(CONNS, () =>
              echo(target, addr, bytes).catch((e) =>
                wrongs.push(`${name}, loss ${loss}, delay ${delay}: ${e.message}`),
              ),
            )
          const seconds = (performance.now() - start) / 1000
          lines.push(`loss ${loss}, delay ${delay} s, reordered ${reorder}: ${seconds.toFixed(1)} s`)
        }
    await relay.set(0, 0, 0)
    await imported.close()
    await relay.stop()
    const ended = await server.stop()
    for (const line of [...lines, ...wrongs]) console.log(line)
    return {
      good: wrongs.length === 0 && ended === null,
      figures: `${cells} weathers by a relay of frames (loss ${LOSS.join(', ')}; delay ${DELAY.join(', ')} s; reordered ${REORDER.join(', ')}), ${cells * places.length * CONNS} echoes of ${bytes} bytes over ${places.map(([name]) => name).join(', ')}: ${wrongs.length} failed`,
    }
  },
}
