import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, afterEach, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix } from '../src/index.ts'
import { poller } from '../src/poll/poller.ts'
import type { Newcomer } from '../src/poll/selector.ts'

let check: () => Promise<void>

beforeAll(async () => {
  await listenTCPSync('tcp', null).close()
  check = ledger(keepLeaks())
})

afterEach(() => {
  poller().setSpin('auto')
})

afterAll(() => check())

async function pair(): Promise<[TCPConn, TCPConn]> {
  const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const ends = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  return ends
}

/** Sends a message to and fro. Each read waits before the message is written, so that an event must come. */
async function pingPong(a: TCPConn, b: TCPConn, rounds: number): Promise<void> {
  const message = new Uint8Array(64)
  const p = new Uint8Array(64)
  for (let i = 0; i < rounds; i++) {
    expect(await Promise.all([b.read(p), a.write(message)])).toEqual([64, 64])
    expect(await Promise.all([a.read(p), b.write(message)])).toEqual([64, 64])
  }
}

test("Poller.setSpin('off') never looks again by itself", async () => {
  const [a, b] = await pair()
  await turn()
  poller().setSpin('off')
  await turn()
  const { spins, wakeUps } = poller()
  await pingPong(a, b, 300)
  expect(poller().spins).toBe(spins)
  expect(poller().wakeUps).toBeGreaterThanOrEqual(wakeUps + 600)
  await Promise.all([a.close(), b.close()])
})

test("Poller.setSpin('auto') looks for the next event itself while messages go to and fro, and stops after them", async () => {
  const [a, b] = await pair()
  const { spins } = poller()
  await pingPong(a, b, 300)
  expect(poller().spins).toBeGreaterThan(spins)
  // Reads that wait are what a spin lasts for; even so it ends.
  const reads = Promise.allSettled([a.read(new Uint8Array(1)), b.read(new Uint8Array(1))])
  let last: number
  do {
    last = poller().spins
    await sleep(20)
  } while (poller().spins !== last)
  await sleep(500)
  expect(poller().spins).toBe(last)
  await Promise.all([a.close(), b.close()])
  await reads
})

test('Poller.setSpin() takes microseconds, and 0 for off', async () => {
  const [a, b] = await pair()
  await turn()
  poller().setSpin(0)
  await turn()
  const { spins } = poller()
  await pingPong(a, b, 50)
  expect(poller().spins).toBe(spins)
  poller().setSpin(1000)
  await pingPong(a, b, 300)
  expect(poller().spins).toBeGreaterThan(spins)
  await Promise.all([a.close(), b.close()])
})

/** Counts what it is asked, and has nothing to read. */
class Expecting implements Newcomer {
  registered = 0
  tried = 0

  register(): void {
    this.registered++
  }

  tryRead(): boolean {
    this.tried++
    return false
  }

  readonly readable = unheard
  readonly writable = unheard
  readonly exceptional = unheard
}

function unheard(): void {
  throw new Error('an event of what was never registered')
}

/** Has the poller look for events, and gives a newcomer that was taken meanwhile. */
async function expected(a: TCPConn, b: TCPConn): Promise<Expecting> {
  for (;;) {
    const newcomer = new Expecting()
    await pingPong(a, b, 1)
    poller().expect(newcomer)
    if (newcomer.registered === 0) return newcomer
  }
}

test('Poller.expect() has a newcomer registered at once where it does not look by itself', async () => {
  poller().setSpin('off')
  await turn()
  const newcomer = new Expecting()
  poller().expect(newcomer)
  expect(newcomer.registered).toBe(1)
})

test('Poller.expect() looks at a newcomer before it has it registered, which it does once, though nothing comes', async () => {
  const [a, b] = await pair()
  poller().setSpin(1000)
  poller().ref() // as whoever waits for an answer does
  let newcomer: Expecting
  do {
    newcomer = await expected(a, b)
    await expect.poll(() => newcomer.registered).toBe(1)
  } while (newcomer.tried === 0) // on a core that others want the poller may not look at all
  expect(newcomer.tried).toBeLessThanOrEqual(24)
  await pingPong(a, b, 20)
  expect(newcomer.registered).toBe(1)
  poller().unref()
  await Promise.all([a.close(), b.close()])
})

test('Poller.expect() has one newcomer registered when the next comes, and none that was dismissed', async () => {
  const [a, b] = await pair()
  poller().setSpin(1000)
  const first = await expected(a, b)
  const second = new Expecting()
  poller().expect(second)
  expect([first.registered, second.registered]).toEqual([1, 0])
  poller().dismiss(first) // changes nothing
  poller().dismiss(second)
  await pingPong(a, b, 20)
  expect([first.registered, second.registered, second.tried]).toEqual([1, 0, 0])
  await Promise.all([a.close(), b.close()])
})
