import { afterAll, expect, test, vi } from 'vitest'
import { ledger, testTarget } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { exported, PATIENCE } from './exported.ts'

/** States the contract of the target over a link of one kind, after which neither end has anything left. */
export async function testOver9P(over: 'unix' | 'tcp' | 'tls'): Promise<void> {
  await (await posix().listenTCP('tcp', null)).close() // opens what lives as long as the process
  const check = ledger(keepLeaks())
  const far = await exported(over)
  afterAll(async () => {
    // Nothing is left but the fid of the root, and no conversation on the other side.
    await vi.waitFor(() => expect([far.net.fids, far.net.requests]).toEqual([1, 0]), PATIENCE)
    await vi.waitFor(() => expect(far.served.activity.conversations).toBe(0), PATIENCE)
    await far[Symbol.asyncDispose]()
    await check()
  })
  testTarget({ test }, far.target, {
    label: `plan9 over 9P on ${over}`,
    tcp4: true,
    tcp6: true,
    udp4: true,
    udp6: true,
    interfaces: true,
    lookups: true,
    halfClose: false,
    liveness: far.liveness,
  })
}
