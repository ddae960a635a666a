import { equal, equalBytes, held } from './assert.ts'
import { readFull } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { rejectsTimeout } from './op_error.ts'

/** Registers the statements about concurrent calls in one direction. */
export function testConnQueue(x: ConnTest): void {
  x.states('ten reads in a queue get data, and settle, in their order', async ({ c1, c2 }) => {
    const buffers = Array.from({ length: 10 }, () => new Uint8Array(1))
    const order: number[] = []
    const reads = buffers.map(async (p, i) => {
      equal(await c1.read(p), 1, `read() number ${i}`)
      order.push(i)
    })
    const all = held(Promise.all(reads))
    if (x.stream) await c2.write(Uint8Array.from({ length: 10 }, (_, i) => i + 100))
    else for (let i = 0; i < 10; i++) await c2.write(new Uint8Array([i + 100]))
    await all
    equal(buffers.map((p) => p[0]).join(), '100,101,102,103,104,105,106,107,108,109', 'the bytes')
    equal(order.join(), '0,1,2,3,4,5,6,7,8,9', 'the order in which reads settled')
  })
  x.states('ten writes in a queue arrive, and settle, in their order', async ({ c1, c2 }) => {
    const size = x.stream ? 512 << 10 : 512
    const order: number[] = []
    const writes = Array.from({ length: 10 }, async (_, i) => {
      equal(await c1.write(new Uint8Array(size).fill(i)), size, `write() number ${i}`)
      order.push(i)
    })
    const all = held(Promise.all(writes))
    for (let i = 0; i < 10; i++) {
      equalBytes(await readFull(c2, size), new Uint8Array(size).fill(i), `the data of write() number ${i}`)
    }
    await all
    equal(order.join(), '0,1,2,3,4,5,6,7,8,9', 'the order in which writes settled')
  })
  x.states('read() and write() of one end do not wait for each other', async ({ c1, c2 }) => {
    const reading = held(c1.read(new Uint8Array(8)))
    await Promise.all([c1.write(new Uint8Array(64)), readFull(c2, 64)])
    await c2.write(new Uint8Array(8))
    await reading
  })
  x.states('a deadline ends every read in the queue', async ({ c1, c2 }) => {
    c1.setReadDeadline(Date.now() + 20)
    await Promise.all(
      Array.from({ length: 5 }, () => rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))),
    )
    c1.setReadDeadline(null)
    await Promise.all([c2.write(new Uint8Array(8)), readFull(c1, 8)])
  })
}
