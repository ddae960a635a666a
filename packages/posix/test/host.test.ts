import { expect, test } from 'vitest'
import { foreignHost } from '../src/ffi/host.ts'
import { withMicrotasks } from '../src/ffi/microtasks.ts'
import { hostedReason, posixRefusal } from '../src/index.ts'

test('nothing keeps the kernel from this Node', () => {
  expect(foreignHost()).toBeNull()
  expect(posixRefusal()).toBeNull()
  expect(hostedReason()).toBeNull()
})

test('withMicrotasks() calls the function once, and the promises it settles go on before the next timer', async () => {
  const order: string[] = []
  const settle = withMicrotasks(() => {
    order.push('called')
    void Promise.resolve().then(() => order.push('went on'))
  })
  const timer = new Promise<void>((resolve) => {
    setTimeout(() => {
      order.push('timer')
      resolve()
    }, 1)
  })
  settle()
  await timer
  expect(order).toEqual(['called', 'went on', 'timer'])
})
