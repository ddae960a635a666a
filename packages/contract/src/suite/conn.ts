import { equal } from './assert.ts'
import { testByteStreams } from './byte_streams.ts'
import { roundTrip } from './bytes.ts'
import { testConnArguments } from './conn_arguments.ts'
import { testConnBuffers } from './conn_buffers.ts'
import { testConnClose } from './conn_close.ts'
import { testConnDeadline } from './conn_deadline.ts'
import { type ConnOptions, ConnTest, type MakePipe } from './conn_maker.ts'
import { testConnPressure } from './conn_pressure.ts'
import { testConnQueue } from './conn_queue.ts'
import { testConnSignal } from './conn_signal.ts'
import { testConnStream } from './conn_stream.ts'
import { ledger } from './ledger.ts'
import { testLiveness } from './liveness.ts'
import { testNettest } from './nettest.ts'
import { part, type Runner } from './part.ts'

/**
 * Registers everything that is stated about a {@link Conn}. Each part gets a fresh pair of `makePipe` and stops it;
 * `options` say what the connections are able to do, and only that is tested.
 */
export function testConn(t: Runner, makePipe: MakePipe, options: ConnOptions = {}): void {
  const x = new ConnTest(t, makePipe, options)
  testNettest(x)
  testConnSignal(x)
  testConnDeadline(x)
  testConnQueue(x)
  testConnClose(x)
  testConnArguments(x)
  testConnBuffers(x)
  if (x.reliable) {
    testConnStream(x)
    testConnPressure(x)
  }
  if (options.byteStreams === true) testByteStreams(x)
  if (options.liveness !== undefined) {
    testLiveness(t, options, options.liveness, [
      ['an idle connection lets the process exit', 'globalThis.kept = [c1, c2]', false],
      ['a pending read() keeps the process alive', 'void c1.read(new Uint8Array(8))', true],
      [
        'unref() lets the process exit although a read() is pending',
        'void c1.read(new Uint8Array(8)); c1.unref()',
        false,
      ],
      ['unref() before a read() lets the process exit', 'c1.unref(); void c1.read(new Uint8Array(8))', false],
      ['ref() takes unref() back', 'c1.unref(); void c1.read(new Uint8Array(8)); c1.ref()', true],
      [
        'a read() that was cancelled lets the process exit',
        'const a = new AbortController(); c1.read(new Uint8Array(8), a).catch(() => {}); a.abort()',
        false,
      ],
      [
        'a pending read() keeps the process alive until its deadline',
        `c1.setReadDeadline(Date.now() + 1500)
         c1.read(new Uint8Array(8)).catch(() => {})`,
        true,
      ],
    ])
  }
  leaks(t, makePipe, options)
}

function leaks(t: Runner, makePipe: MakePipe, options: ConnOptions): void {
  const stop = (): Promise<void> => Promise.resolve()
  part(
    t,
    options,
    'twenty connections leave no descriptor and no handle behind',
    () => Promise.resolve({ stop }),
    async () => {
      // The first may open what lives as long as the process.
      const first = await makePipe()
      await roundTrip(first.c1, first.c2)
      await first.stop()
      const check = ledger()
      for (let i = 0; i < 20; i++) {
        const pair = await makePipe()
        const { c1, c2 } = pair
        await roundTrip(c1, c2)
        const pending = c1.read(new Uint8Array(8)).then(
          () => 'data',
          () => 'closed',
        )
        await c1.close()
        equal(await pending, 'closed', 'the pending read()')
        await pair.stop()
      }
      await check()
    },
  )
}
