import { expect, test } from 'vitest'
import { Turnstile } from '../src/base/turnstile.ts'

/** A promise with what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

test('Turnstile.pass() lets so many in at a time, first come first served', async () => {
  const turnstile = new Turnstile(2)
  const order: number[] = []
  const gates = Array.from({ length: 5 }, gate)
  let inside = 0
  let most = 0
  const passing = gates.map(({ opened }, i) =>
    turnstile.pass({}, async () => {
      most = Math.max(most, ++inside)
      order.push(i)
      await opened
      inside--
    }),
  )
  for (const { open } of gates) open()
  await Promise.all(passing)
  expect([most, order]).toEqual([2, [0, 1, 2, 3, 4]])
})

test('Turnstile.pass() wakes one that waits when one leaves, and no other', async () => {
  const turnstile = new Turnstile(1)
  const first = gate()
  const waiting = 1000
  let looks = 0
  // The options of one that waits are looked at when it is put into the queue; whoever is woken in vain would look again.
  const options = Object.defineProperty({}, 'signal', {
    get() {
      looks++
      return undefined
    },
  })
  const passing = [turnstile.pass({}, () => first.opened)]
  for (let i = 0; i < waiting; i++) passing.push(turnstile.pass(options, () => Promise.resolve()))
  first.open()
  await Promise.all(passing)
  expect(looks).toBe(waiting)
})

test('Turnstile.pass() rejects one that is interrupted while it waits, and its turn goes to the next', async () => {
  const turnstile = new Turnstile(1)
  const first = gate()
  const controller = new AbortController()
  const one = turnstile.pass({}, () => first.opened)
  const two = turnstile.pass({ signal: controller.signal }, () => Promise.resolve())
  const three = turnstile.pass({}, () => Promise.resolve('three'))
  controller.abort()
  await expect(two).rejects.toThrow('interrupted')
  await expect(turnstile.pass({ signal: controller.signal }, () => Promise.resolve())).rejects.toThrow(
    'interrupted',
  )
  first.open()
  await one
  expect(await three).toBe('three')
  await expect(turnstile.pass({}, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await turnstile.pass({}, () => Promise.resolve('again'))).toBe('again')
})
