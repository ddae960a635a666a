import { expect, test } from 'vitest'
import { fullLimits } from '../src/account/limits.ts'
import { Peers } from '../src/account/peer.ts'
import { failure } from './nets.ts'

/** Work that lasts until it is ended. */
function work(): { readonly act: () => Promise<string>; end(): void } {
  const { promise, resolve } = withResolvers()
  return { act: () => promise.then(() => 'found'), end: resolve }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

test('one peer does not get all lookups, and who has none gets one', async () => {
  const peers = new Peers(fullLimits({ totalLookups: 4 }))
  const [a, b] = [peers.named('a').lookups, peers.named('b').lookups]
  const { act, end } = work()
  const running = [a.run('dns', {}, act), a.run('dns', {}, act)]
  expect(await failure(a.run('dns', {}, act))).toBe('dns: too many queries')
  running.push(b.run('cs', {}, act))
  expect(await failure(b.run('cs', {}, act))).toBe('cs: too many queries')
  end()
  expect(await Promise.all(running)).toEqual(['found', 'found', 'found'])
  expect(await a.run('cs', {}, act)).toBe('found')
})

test('a peer waits for its own lookups, whichever of its sessions they are of', async () => {
  const peers = new Peers(fullLimits({ lookups: 1 }))
  const { act, end } = work()
  const first = peers.named('a').lookups.run('cs', {}, act)
  let is = false
  const second = peers.named('a').lookups.run('cs', {}, async () => (is = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(is).toBe(false)
  end()
  expect(await Promise.all([first, second])).toEqual(['found', true])
})
