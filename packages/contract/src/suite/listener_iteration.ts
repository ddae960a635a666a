import type { Conn } from '../conn.ts'
import { equal, held, rejects } from './assert.ts'
import { type ListenerTest, meet } from './listener_maker.ts'
import { checkTimeout } from './op_error.ts'
import { turn } from './part.ts'

/** Registers the statements about `for await` over a listener. */
export function testListenerIteration(x: ListenerTest): void {
  x.states('for await gives each connection and ends quietly on close()', async (made) => {
    const { listener } = made
    const loop = async (): Promise<number> => {
      let n = 0
      for await (const c of listener) {
        n++
        await c.close()
        if (n === 3) void turn().then(() => listener.close())
      }
      return n
    }
    const looping = held(loop())
    for (let i = 0; i < 3; i++) await made.dial()
    equal(await looping, 3, 'connections')
    for await (const c of listener)
      throw new Error(`a closed listener gave a connection from ${c.remoteAddr.toString()}`)
  })
  x.states('close() inside the body ends for await quietly', async (made) => {
    const { listener } = made
    const loop = async (): Promise<void> => {
      for await (const c of listener) {
        await c.close()
        await listener.close()
      }
    }
    await Promise.all([loop(), made.dial()])
  })
  x.states('break leaves the listener as it is: nothing is lost and accept() works', async (made) => {
    const loop = async (): Promise<Conn> => {
      for await (const c of made.listener) return c
      throw new Error('the loop ended by itself')
    }
    const [first] = await Promise.all([loop(), made.dial()])
    await first.close()
    const [second] = await meet(made)
    await second.close()
    const [third] = await Promise.all([loop(), made.dial()])
    await third.close()
  })
  x.states('two loops share the connections', async (made) => {
    let n = 0
    const loop = async (): Promise<void> => {
      for await (const c of made.listener) {
        n++
        await c.close()
        if (n === 4) await made.listener.close()
      }
    }
    const loops = held(Promise.all([loop(), loop()]))
    for (let i = 0; i < 4; i++) await made.dial()
    await loops
    equal(n, 4, 'connections')
  })
  x.states('for await throws what is not the end: a deadline', async ({ listener }) => {
    listener.setDeadline(Date.now() + 20)
    const e = await rejects(async () => {
      for await (const c of listener) await c.close()
    }, 'for await')
    checkTimeout(e, x.shape(listener))
  })
}
