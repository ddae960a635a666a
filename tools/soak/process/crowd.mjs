// Clients of every kind on one server: `node crowd.mjs PORT SECONDS EACH`. It sends how often each did what it does.
import { parseIP, TCPAddr } from '@net/addr'
import { checkNear } from '@net/peers'
import { posix } from '@net/posix'
import { Dice } from '../figures.mjs'

const HOST = '127.0.0.1'
const [port, seconds, each] = process.argv.slice(2).map(Number)
const target = posix()
const addr = new TCPAddr(parseIP(HOST), port)
const end = performance.now() + seconds * 1000
const dice = new Dice(port)
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function dial(options) {
  checkNear(HOST)
  return target.dialTCP('tcp', null, addr, options)
}

async function reset(c) {
  c.setLinger(0)
  await c.close()
}

async function echo(c, length) {
  const sent = Buffer.alloc(length, dice.below(256))
  await c.write(sent)
  const got = Buffer.alloc(length)
  for (let n = 0; n < length;) {
    const more = await c.read(got.subarray(n))
    if (more === null) throw new Error('the echo ended early')
    n += more
  }
  if (!got.equals(sent)) throw new Error('other bytes came back')
}

const kinds = {
  async 'honest echoes'() {
    const c = await dial()
    for (let i = 0; i < 20; i++) {
      await echo(c, 1 + dice.below(4096))
      await pause(1)
    }
    await reset(c) // All is back: a reset keeps the ports free.
  },
  async 'storms of 50 resets'() {
    const storm = Array.from({ length: 50 }, async () => {
      const c = await dial()
      if (dice.below(2) === 0) await c.write(Buffer.alloc(100))
      await reset(c)
    })
    await Promise.all(storm)
    await pause(20)
  },
  async 'slow senders'() {
    const c = await dial()
    for (let i = 0; i < 50 && performance.now() < end; i++) {
      await c.write(Buffer.alloc(1))
      await pause(100)
    }
    await reset(c)
  },
  async 'senders that never read'() {
    const c = await dial()
    c.setWriteDeadline(Date.now() + 200)
    const p = Buffer.alloc(1 << 16)
    try {
      for (;;) await c.write(p)
    } catch {
      // The deadline is over, as it is to be.
    }
    await reset(c)
    await pause(200)
  },
  async 'dials given up'() {
    const abort = new AbortController()
    const dialling = dial({ signal: abort.signal })
    if (dice.below(2) === 0) setImmediate(() => abort.abort())
    else abort.abort()
    await dialling.then(reset, () => {})
    await pause(5)
  },
}

const done = {}
const echoes = { done: 0, failed: 0 }
async function live(kind, act) {
  done[kind] = 0
  while (performance.now() < end) {
    try {
      await act()
      done[kind]++
    } catch (e) {
      if (kind !== 'honest echoes') throw e
      console.log(`${kind}: ${e.message}`)
      echoes.failed++
    }
  }
}
await Promise.all(
  Object.entries(kinds).flatMap(([kind, act]) => Array.from({ length: each }, () => live(kind, act))),
)
echoes.done = done['honest echoes'] * 20
process.send({ echoes, done })
