import { describe, expect, test } from 'vitest'
import { collect, testConn, testListener, testPacketConn, type Collection } from '@net/contract/suite'
import { brokenConns } from './memory/broken_conns.ts'
import { brokenEnds } from './memory/broken_ends.ts'
import { brokenListeners, brokenPacketConns } from './memory/broken_others.ts'
import { MemoryConn, memoryPair, resetMemory } from './memory/conn.ts'
import { MemoryListener } from './memory/listener.ts'
import { MemoryPacketConn } from './memory/packet_conn.ts'

const limit = 3000 // milliseconds: a broken promise often shows as something that never ends

function connParts(Conn: typeof MemoryConn): Collection {
  const parts = collect()
  testConn(
    parts,
    async () => {
      const [c1, c2] = memoryPair(Conn)
      // What is broken may be close itself: the parts of the memory are let go with the pair.
      const stop = (): Promise<void> => Promise.allSettled([c1.close(), c2.close()]).then(() => {})
      return { c1, c2, stop }
    },
    {
      limit,
      network: 'memory',
      halfClose: true,
      byteStreams: true,
      reset: resetMemory,
    },
  )
  return parts
}

function listenerParts(Listener: typeof MemoryListener): Collection {
  const parts = collect()
  const make = async (): Promise<{
    listener: MemoryListener
    dial(): Promise<MemoryConn>
    stop(): Promise<void>
  }> => {
    const listener = new Listener()
    return { listener, dial: () => listener.dial(), stop: () => listener.close() }
  }
  testListener(parts, make, { limit, network: 'memory' })
  return parts
}

function packetParts(PacketConn: typeof MemoryPacketConn): Collection {
  const parts = collect()
  testPacketConn(
    parts,
    async () => {
      const network = new Map<string, MemoryPacketConn>()
      const [p1, p2] = [new PacketConn('one', network), new PacketConn('two', network)]
      return { p1, p2, stop: () => Promise.all([p1.close(), p2.close()]).then(() => {}) }
    },
    { limit, network: 'memory', largest: 2000 },
  )
  return parts
}

/** Runs the one part whose name has `statement` in it and gives its name and how it failed. */
async function failure(parts: Collection, statement: string): Promise<[name: string, message: string]> {
  const found = parts.parts.filter((p) => p.name.includes(statement))
  const [part] = found
  if (part === undefined || found.length > 1)
    throw new Error(`${found.length} parts have "${statement}" in their name`)
  const message = await part.fn().then(
    () => 'passed',
    (e: unknown) => (e as Error).message,
  )
  return [part.name, message]
}

describe.concurrent('testConn() notices a connection that', () => {
  test.each([...brokenConns, ...brokenEnds])('%s: "%s"', async (_, statement, Conn) => {
    const [name, message] = await failure(connParts(Conn), statement)
    expect(message.startsWith(`${name}: `), message).toBe(true)
  })
})

describe.concurrent('testListener() notices a listener that', () => {
  test.each(brokenListeners)('%s: "%s"', async (_, statement, Listener) => {
    const [name, message] = await failure(listenerParts(Listener), statement)
    expect(message.startsWith(`${name}: `), message).toBe(true)
  })
})

describe.concurrent('testPacketConn() notices a packet connection that', () => {
  test.each(brokenPacketConns)('%s: "%s"', async (_, statement, PacketConn) => {
    const [name, message] = await failure(packetParts(PacketConn), statement)
    expect(message.startsWith(`${name}: `), message).toBe(true)
  })
})

describe('the suite passes', () => {
  test('for the same connection, listener and packet connection unbroken', async () => {
    for (const [, statement] of [...brokenConns, ...brokenEnds])
      expect((await failure(connParts(MemoryConn), statement))[1]).toBe('passed')
    for (const [, statement] of brokenListeners) {
      expect((await failure(listenerParts(MemoryListener), statement))[1]).toBe('passed')
    }
    for (const [, statement] of brokenPacketConns) {
      expect((await failure(packetParts(MemoryPacketConn), statement))[1]).toBe('passed')
    }
  })
})
