import type { Conn } from '../conn.ts'
import { equal, held, ok, rejects, rejectsType } from './assert.ts'
import { roundTrip } from './bytes.ts'
import { testListenerClose } from './listener_close.ts'
import { testListenerIteration } from './listener_iteration.ts'
import { type ListenerTestOptions, ListenerTest, type MakeListener, meet } from './listener_maker.ts'
import { ledger } from './ledger.ts'
import { testLiveness } from './liveness.ts'
import { rejectsClosed, rejectsTimeout } from './op_error.ts'
import { part, type Runner, settled, type Stoppable, turn } from './part.ts'
import { countedSignal } from './signal.ts'

/** Registers everything that is stated about a {@link Listener}. */
export function testListener(t: Runner, makeListener: MakeListener, options: ListenerTestOptions = {}): void {
  const x = new ListenerTest(t, makeListener, options)
  accepting(x)
  limits(x)
  signals(x)
  testListenerClose(x)
  testListenerIteration(x)
  if (options.liveness !== undefined) {
    testLiveness(t, options, options.liveness, [
      ['an idle listener lets the process exit', 'globalThis.kept = listener', false],
      ['a pending accept() keeps the process alive', 'void listener.accept()', true],
      [
        'unref() lets the process exit although an accept() is pending',
        'void listener.accept(); listener.unref()',
        false,
      ],
      ['unref() before accept() lets the process exit', 'listener.unref(); void listener.accept()', false],
      [
        'ref() takes unref() of a listener back',
        'listener.unref(); void listener.accept(); listener.ref()',
        true,
      ],
      [
        'a closed listener lets the process exit although an accept() was pending',
        'listener.accept().catch(() => {}); void listener.close()',
        false,
      ],
    ])
  }
  leaks(t, makeListener, options)
}

function accepting(x: ListenerTest): void {
  x.states('accept() gives a connection to who dialled, and addresses agree', async (made) => {
    const [server, client] = await meet(made)
    await roundTrip(server, client)
    equal(server.localAddr.toString(), client.remoteAddr.toString(), 'local address of the accepted end')
    equal(server.remoteAddr.toString(), client.localAddr.toString(), 'remote address of the accepted end')
    equal(server.localAddr.network, made.listener.addr.network, 'network of the address')
    await server.close()
    equal(await client.read(new Uint8Array(1)), null, 'read() of who dialled')
  })
  x.states('accept() of connections that came before gives them all', async (made) => {
    const dials = held(Promise.all(Array.from({ length: 5 }, () => made.dial())))
    await turn()
    const accepted: Conn[] = []
    for (let i = 0; i < 5; i++) accepted.push(await made.listener.accept())
    const clients = await dials
    equal(new Set(accepted).size, 5, 'different connections')
    await Promise.all([exchange(accepted), exchange(clients)])
    for (const c of accepted) await c.close()
  })
  x.states('concurrent accept() calls get different connections, in their order', async (made) => {
    const order: number[] = []
    const accepts = Array.from({ length: 5 }, async (_, i) => {
      const c = await made.listener.accept()
      order.push(i)
      return c
    })
    const all = held(Promise.all(accepts))
    for (let i = 0; i < 5; i++) await made.dial()
    const conns = await all
    equal(order.join(), '0,1,2,3,4', 'the order in which accepts settled')
    equal(new Set(conns).size, 5, 'different connections')
    for (const c of conns) await c.close()
  })
}

// Writes a byte on each connection and reads one from each.
async function exchange(conns: readonly Conn[]): Promise<void> {
  await Promise.all(
    conns.map(async (c) => {
      const [n] = await Promise.all([c.read(new Uint8Array(1)), c.write(new Uint8Array(1))])
      equal(n, 1, 'read()')
    }),
  )
}

function limits(x: ListenerTest): void {
  x.states('a deadline ends accept(), goes on until it is set anew, and is cleared by null', async (made) => {
    const { listener } = made
    const at = Date.now() + 50
    listener.setDeadline(at)
    const accepts = [1, 2].map(() => rejectsTimeout(() => listener.accept(), x.shape(listener)))
    await Promise.all(accepts)
    ok(Date.now() >= at - 1, 'the deadline came early')
    await rejectsTimeout(() => listener.accept(), x.shape(listener))
    listener.setDeadline(null)
    const [server] = await meet(made)
    await server.close()
  })
  x.states(
    'a deadline set into the past ends a pending accept() and wins over a waiting connection',
    async (made) => {
      const { listener } = made
      const pending = held(listener.accept())
      ok(!(await settled(pending)), 'accept() ended although nobody came')
      listener.setDeadline(new Date(1000))
      await rejectsTimeout(() => pending, x.shape(listener))
      const dialled = held(made.dial())
      await settled(dialled)
      await rejectsTimeout(() => listener.accept(), x.shape(listener))
      listener.setDeadline(Date.now() + 600_000)
      const server = await listener.accept()
      await dialled
      await server.close()
    },
  )
  x.states('setTimeout() limits each later accept() anew, and 0 takes the limit away', async (made) => {
    const { listener } = made
    listener.setTimeout(30)
    for (let i = 0; i < 2; i++) await rejectsTimeout(() => listener.accept(), x.shape(listener))
    listener.setTimeout(0)
    const accept = held(listener.accept())
    const [server] = await Promise.all([accept, made.dial()])
    await server.close()
  })
  x.states(
    'setDeadline() and setTimeout() of a listener throw TypeError for what is no time',
    async ({ listener }) => {
      for (const t of ['soon', NaN, new Date(NaN), undefined]) {
        await rejectsType(() => listener.setDeadline(t as unknown as number), `setDeadline(${String(t)})`)
      }
      for (const t of ['1', NaN, -1]) {
        await rejectsType(() => listener.setTimeout(t as unknown as number), `setTimeout(${String(t)})`)
      }
    },
  )
}

function signals(x: ListenerTest): void {
  x.states(
    'a signal ends accept() with its reason; the next connection goes to the next accept()',
    async (made) => {
      const { listener } = made
      const s = countedSignal()
      const first = rejects(() => listener.accept({ signal: s.signal }), 'accept()')
      const second = held(listener.accept())
      await turn()
      s.abort('gone')
      equal(await first, 'gone', 'what accept() rejected with')
      s.assertFree('after abort')
      const [server, client] = await Promise.all([second, made.dial()])
      await roundTrip(server, client)
      equal(
        await rejects(() => listener.accept({ signal: s.signal }), 'accept()'),
        'gone',
        'an aborted signal',
      )
      await server.close()
    },
  )
  x.states('no listener stays on a signal, however accept() ended', async (made) => {
    const { listener } = made
    const s = countedSignal()
    const { signal } = s
    const [server] = await Promise.all([listener.accept({ signal }), made.dial()])
    await server.close()
    s.assertFree('after success')
    listener.setDeadline(Date.now() + 20)
    await rejectsTimeout(() => listener.accept({ signal }), x.shape(listener))
    s.assertFree('after a deadline')
    listener.setDeadline(null)
    const pending = rejectsClosed(() => listener.accept({ signal }), x.shape(listener))
    await listener.close()
    await pending
    s.assertFree('after close()')
  })
}

function leaks(t: Runner, makeListener: MakeListener, options: ListenerTestOptions): void {
  const make = (): Promise<Stoppable> => Promise.resolve({ stop: () => Promise.resolve() })
  part(t, options, 'twenty listeners leave no descriptor and no handle behind', make, async () => {
    const once = async (): Promise<void> => {
      const made = await makeListener()
      const [server] = await meet(made)
      const pending = rejects(() => made.listener.accept(), 'accept()')
      await server.close()
      await made.listener.close()
      await pending
      await made.stop()
    }
    await once() // the first may open what lives as long as the process
    const check = ledger()
    for (let i = 0; i < 20; i++) await once()
    await check()
  })
}
