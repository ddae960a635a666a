import { expect, test } from 'vitest'
import { Semaphore } from '../src/semaphore.ts'

/** A promise with what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

test('Semaphore.run() lets so many in at a time, first come first served', async () => {
  const semaphore = new Semaphore(2)
  const order: number[] = []
  const gates = Array.from({ length: 5 }, gate)
  let inside = 0
  let most = 0
  const passing = gates.map(({ opened }, i) =>
    semaphore.run(async () => {
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

test('Semaphore.run() wakes one that waits when one leaves, and no other', async () => {
  const semaphore = new Semaphore(1)
  const first = gate()
  const waiting = 1000
  let looks = 0
  // The options of one that waits are looked at when it is put into the queue; whoever is woken in vain would
  // look again.
  const options = Object.defineProperty({}, 'signal', {
    get() {
      looks++
      return undefined
    },
  })
  const passing = [semaphore.run(() => first.opened)]
  for (let i = 0; i < waiting; i++) passing.push(semaphore.run(() => Promise.resolve(), options))
  first.open()
  await Promise.all(passing)
  expect(looks).toBe(waiting)
})

test('Semaphore.run() rejects one that is interrupted while it waits, and its turn goes to the next', async () => {
  const semaphore = new Semaphore(1)
  const first = gate()
  const controller = new AbortController()
  const one = semaphore.run(() => first.opened)
  const two = semaphore.run(() => Promise.resolve(), { signal: controller.signal })
  const three = semaphore.run(() => Promise.resolve('three'))
  controller.abort()
  await expect(two).rejects.toBe(controller.signal.reason)
  await expect(semaphore.run(() => Promise.resolve(), { signal: controller.signal })).rejects.toBe(
    controller.signal.reason,
  )
  first.open()
  await one
  expect(await three).toBe('three')
  await expect(semaphore.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await semaphore.run(() => Promise.resolve('again'))).toBe('again')
})
