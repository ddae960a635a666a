import { equal, held, ok, rejects } from './assert.ts'
import { roundTrip } from './bytes.ts'
import { type ListenerTest, meet } from './listener_maker.ts'
import { rejectsClosed } from './op_error.ts'
import { turn } from './part.ts'

/** Registers the statements about the close of a listener. */
export function testListenerClose(x: ListenerTest): void {
  x.states(
    'close() takes effect before it returns: pending and later accept() calls are ErrClosed',
    async ({ listener }) => {
      const accepts = [1, 2, 3].map(() => rejectsClosed(() => listener.accept(), x.shape(listener)))
      await turn()
      const closing = held(listener.close())
      const late = rejectsClosed(() => listener.accept(), x.shape(listener))
      await Promise.all([...accepts, late, closing])
      await rejectsClosed(() => listener.accept(), x.shape(listener))
    },
  )
  x.states(
    'close() of a listener may be called again, and its address stays readable',
    async ({ listener }) => {
      const before = `${listener.addr.network} ${listener.addr.toString()}`
      await Promise.all([listener.close(), listener.close()])
      equal(await listener.close(), undefined, 'what close() gives')
      listener[Symbol.dispose]()
      await listener[Symbol.asyncDispose]()
      equal(`${listener.addr.network} ${listener.addr.toString()}`, before, 'the address')
      listener.setDeadline(Date.now() + 1000)
      listener.setTimeout(10)
      listener.unref()
      listener.ref()
    },
  )
  for (const dispose of ['dispose', 'asyncDispose'] as const) {
    x.states(`[Symbol.${dispose}]() closes a listener`, async ({ listener }) => {
      const pending = rejectsClosed(() => listener.accept(), x.shape(listener))
      const done = dispose === 'dispose' ? listener[Symbol.dispose]() : listener[Symbol.asyncDispose]()
      equal(typeof done?.then, dispose === 'asyncDispose' ? 'function' : 'undefined', 'its then()')
      await Promise.all([pending, done])
    })
  }
  x.states('a closed listener cannot be reached', async (made) => {
    await made.listener.close()
    await rejects(() => made.dial(), 'dialling a closed listener')
  })
  x.states('close() of a listener leaves its connections alone', async (made) => {
    const [server, client] = await meet(made)
    await made.listener.close()
    await roundTrip(server, client)
    await server.close()
  })
  x.states('close() inside the then of an accept() ends the others', async (made) => {
    const { listener } = made
    const first = listener.accept().then(async (c) => {
      await Promise.all([listener.close(), c.close()])
    })
    const second = rejectsClosed(() => listener.accept(), x.shape(listener))
    await Promise.all([first, second, made.dial()])
  })
  x.states('close() of a listener with connections that were not accepted ends them', async (made) => {
    const client = await made.dial()
    await made.listener.close()
    const end = await client.read(new Uint8Array(8)).then(
      (n) => n === null,
      () => true,
    )
    ok(end, 'read() of a connection that was never accepted gave data')
  })
}
