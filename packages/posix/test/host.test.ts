import { expect, test } from 'vitest'
import { foreignHost, withMicrotasks } from '../src/ffi/host.ts'

test('foreignHost() has nothing against Node', () => {
  expect(foreignHost()).toBeNull()
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
