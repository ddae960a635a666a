import { equal, held, ok, rejects, show } from './assert.ts'
import { endlessWrites, roundTrip } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { ErrClosed, isErr } from '../index.ts'
import { checkClosed, rejectsClosed } from './op_error.ts'
import { settled, turn } from './part.ts'

/** Registers the statements about close, disposal and use after them. */
export function testConnClose(x: ConnTest): void {
  effect(x)
  inside(x)
  afterwards(x)
}

function effect(x: ConnTest): void {
  x.states(
    'close() takes effect before it returns: pending and later operations are ErrClosed',
    async ({ c1 }) => {
      const reads = [1, 2, 3].map(() => rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read')))
      const writing = x.reliable
        ? rejects(async () => Promise.reject(await endlessWrites(c1)), 'write()')
        : null
      await turn()
      const closing = held(c1.close())
      const late = [
        rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read')),
        rejectsClosed(() => c1.write(new Uint8Array(8)), x.shape(c1, 'write')),
      ]
      await Promise.all([...reads, ...late, closing])
      const e = await writing
      if (x.reliable) ok(isErr(e, ErrClosed), `the pending write() failed with ${show(e)}`)
    },
  )
  x.states('after close() nothing is read or written, although data is there', async ({ c1, c2 }) => {
    const sending = held(c2.write(new Uint8Array(8)))
    await settled(sending)
    const closing = held(c1.close())
    const read = rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    const write = rejectsClosed(() => c1.write(new Uint8Array(8)), x.shape(c1, 'write'))
    await Promise.all([closing, read, write])
    await sending.catch(() => {}) // where nothing is buffered it fails
  })
  x.states('close() may be called again and again, at once and later', async ({ c1 }) => {
    await Promise.all([c1.close(), c1.close()])
    equal(await c1.close(), undefined, 'what close() gives')
    c1[Symbol.dispose]()
    await c1[Symbol.asyncDispose]()
  })
  x.states('close() of both ends at once', async ({ c1, c2 }) => {
    const first = rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    const second = held(c2.read(new Uint8Array(8)).catch((e: unknown) => e))
    await Promise.all([c1.close(), c2.close(), first])
    // The other end may have seen its peer's close before its own.
    const end = await second
    if (end !== null) checkClosed(end, x.shape(c2, 'read'))
  })
  for (const dispose of ['dispose', 'asyncDispose'] as const) {
    x.states(`[Symbol.${dispose}]() closes`, async ({ c1, c2 }) => {
      const pending = rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
      const done = dispose === 'dispose' ? c1[Symbol.dispose]() : c1[Symbol.asyncDispose]()
      equal(typeof done?.then, dispose === 'asyncDispose' ? 'function' : 'undefined', 'its then()')
      await Promise.all([pending, done])
      await rejectsClosed(() => c1.write(new Uint8Array(8)), x.shape(c1, 'write'))
      if (x.reliable) equal(await c2.read(new Uint8Array(8)), null, 'read() of the peer')
    })
  }
}

function inside(x: ConnTest): void {
  x.states('close() inside the abort handler of a signal that is reading', async ({ c1 }) => {
    const controller = new AbortController()
    const { signal } = controller
    signal.addEventListener('abort', () => void c1.close())
    const reads = [1, 2].map(() => rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()'))
    controller.abort()
    for (const e of await Promise.all(reads)) ok(isErr(e, ErrClosed), `read() failed with ${show(e)}`)
  })
  x.states('close() inside an abort handler that comes after the reading one', async ({ c1 }) => {
    const controller = new AbortController()
    const { signal } = controller
    const read = rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()')
    const other = rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    signal.addEventListener('abort', () => void c1.close())
    controller.abort()
    equal(await read, signal.reason, 'what the read() with the signal rejected with')
    await other
  })
  x.states('close() in the then of a read() ends the reads behind it', async ({ c1, c2 }) => {
    const first = held(c1.read(new Uint8Array(1)).then(() => c1.close()))
    const second = rejectsClosed(() => c1.read(new Uint8Array(1)), x.shape(c1, 'read'))
    await c2.write(new Uint8Array(1))
    await Promise.all([first, second])
  })
}

function afterwards(x: ConnTest): void {
  x.states('addresses stay readable after close(), and setters and ref() do nothing', async ({ c1 }) => {
    const before = [
      c1.localAddr.network,
      c1.localAddr.toString(),
      c1.remoteAddr.network,
      c1.remoteAddr.toString(),
    ]
    await c1.close()
    const after = [
      c1.localAddr.network,
      c1.localAddr.toString(),
      c1.remoteAddr.network,
      c1.remoteAddr.toString(),
    ]
    equal(after.join(), before.join(), 'addresses')
    c1.setDeadline(Date.now() + 1000)
    c1.setReadDeadline(null)
    c1.setWriteDeadline(1)
    c1.setTimeout(10)
    c1.unref()
    c1.ref()
    await rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    await rejectsClosed(() => c1.write(new Uint8Array(8)), x.shape(c1, 'write'))
  })
  x.states('addresses name the two ends', async ({ c1, c2 }) => {
    equal(c1.localAddr.toString(), c2.remoteAddr.toString(), 'local address of one, remote of the other')
    equal(c1.remoteAddr.toString(), c2.localAddr.toString(), 'remote address of one, local of the other')
    for (const a of [c1.localAddr, c1.remoteAddr]) ok(a.network !== '', 'the network of an address is empty')
  })
  x.states('unref() and ref() change nothing about data', async ({ c1, c2 }) => {
    c1.unref()
    c1.unref()
    await roundTrip(c1, c2)
    c1.ref()
    await roundTrip(c1, c2)
  })
}
