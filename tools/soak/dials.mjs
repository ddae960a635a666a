// Dials that come to nothing, each in a way of its own: refused, timed out, aborted, half open.
import { parseIP, TCPAddr } from '@net/addr'
import { ErrDeadlineExceeded, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { Net } from '@net/core'
import { hosted, posix } from '@net/posix'
import { Dice, lanes } from './figures.mjs'

const LANES = 64
const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
const PATIENCE = 20 // milliseconds at most that a dial waits for an answer which does not come
const dice = new Dice()

/** A port that refuses: it was free a moment ago, and nobody else is in this network. */
async function refusing(target) {
  const listener = await target.listenTCP('tcp', loopback)
  await listener.close()
  return { addr: listener.addr.toString(), stop: async () => {} }
}

/** A port that answers no more: its queue is full of connections that nobody accepts. */
async function silent(target) {
  const listener = await target.listenTCP('tcp', loopback, { backlog: 1 })
  const held = []
  for (;;) {
    try {
      const deadline = Date.now() + 500
      held.push(await target.dialTCP('tcp', null, listener.addr, { deadline }))
    } catch (e) {
      if (isErr(e, ErrDeadlineExceeded)) break
      throw e
    }
  }
  const stop = () => Promise.all([listener, ...held].map((x) => x.close()))
  return { addr: listener.addr.toString(), stop }
}

/** Says what a dial has come to that should have failed as `expected` tells. */
async function fails(dialling, expected) {
  try {
    const c = await dialling
    c.setLinger(0)
    await c.close()
    return 'it was not to succeed'
  } catch (e) {
    return expected(e) ? null : String(e)
  }
}

const refused = (net, { refusal }) => fails(net.dial('tcp', refusal.addr), (e) => e.code === 'ECONNREFUSED')

const timedOut = (net, { silence }) =>
  fails(net.dial('tcp', silence.addr, { timeout: 1 + dice.below(PATIENCE) }), (e) =>
    isErr(e, ErrDeadlineExceeded),
  )

/** Aborted before it begins, at once, a turn later, or some time later. */
async function aborted(net, { silence }) {
  const abort = new AbortController()
  const reason = new Error('enough')
  const stop = () => abort.abort(reason)
  const when = dice.below(4)
  if (when === 0) stop()
  const dialling = net.dial('tcp', silence.addr, { signal: abort.signal })
  if (when === 1) stop()
  else if (when === 2) setImmediate(stop)
  else if (when === 3) setTimeout(stop, dice.below(PATIENCE))
  return fails(dialling, (e) => e === reason || isErr(e, reason))
}

/** Made by the kernel and accepted by nobody, with a read pending, until the listener goes. */
async function halfOpen(net) {
  const listener = await net.listen('tcp', '127.0.0.1:0')
  const c = await net.dial('tcp', listener.addr.toString())
  const reading = c.read(new Uint8Array(1)).then(
    (n) => `a read gave ${n}`,
    (e) => (e.code === 'ECONNRESET' ? null : String(e)),
  )
  await listener.close()
  const wrong = await reading
  await c.close()
  return wrong
}

const KINDS = { refused, 'timed out': timedOut, aborted, 'half open': halfOpen }

async function dial(target, count, wrongs) {
  const net = new Net(target)
  // The host's own listeners accept what comes, so that only the kernel's have a queue that is full.
  const places = { refusal: await refusing(target), silence: await silent(posix()) }
  for (const [kind, act] of Object.entries(KINDS)) {
    let done = 0
    await lanes(LANES, async () => {
      while (done++ < count) {
        const wrong = await act(net, places)
        if (wrong !== null) wrongs.push(`${target.name}, ${kind}: ${wrong}`)
      }
    })
  }
  for (const place of Object.values(places)) await place.stop()
}

export const soak = {
  sentence: 'dials that are refused, time out, are aborted or half open leave no descriptor and no handle',
  bound: { short: 120, full: 1800 },
  async run({ short }) {
    const count = short ? 500 : 25_000
    const targets = [posix(), hosted()]
    const wrongs = []
    for (const target of targets) await dial(target, 10, wrongs)
    const check = ledger(keepLeaks())
    for (const target of targets) await dial(target, count, wrongs)
    await check()
    for (const wrong of new Set(wrongs)) console.log(wrong)
    return {
      good: wrongs.length === 0,
      figures: `${count * 4} dials of ${targets.map(({ name }) => name).join(' and of ')} each, ${wrongs.length} with another end than expected; descriptor delta 0`,
    }
  },
}
