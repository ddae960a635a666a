import { afterAll, test } from 'vitest'
import { ledger, testConn, testListener, testPacketConn } from '@net/contract/suite'
import { keepLeaks } from '../src/leak.ts'
import { memoryPair, resetMemory } from './memory/conn.ts'
import { MemoryListener } from './memory/listener.ts'
import { MemoryPacketConn } from './memory/packet_conn.ts'

const same = ledger(keepLeaks())
afterAll(same)

testConn(
  { test },
  async () => {
    const [c1, c2] = memoryPair()
    return { c1, c2, stop: () => Promise.all([c1.close(), c2.close()]).then(() => {}) }
  },
  {
    label: 'memory',
    network: 'memory',
    halfClose: true,
    byteStreams: true,
    reset: resetMemory,
  },
)

testListener(
  { test },
  async () => {
    const listener = new MemoryListener()
    return { listener, dial: () => listener.dial(), stop: () => listener.close() }
  },
  { label: 'memory listener', network: 'memory' },
)

testPacketConn(
  { test },
  async () => {
    const network = new Map<string, MemoryPacketConn>()
    const [p1, p2] = [new MemoryPacketConn('one', network), new MemoryPacketConn('two', network)]
    return { p1, p2, stop: () => Promise.all([p1.close(), p2.close()]).then(() => {}) }
  },
  { label: 'memory packets', network: 'memory', largest: 2000 },
)
