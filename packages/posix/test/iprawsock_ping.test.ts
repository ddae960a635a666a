import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { dialPing, listenTCPSync } from '../src/index.ts'
import { Namespace, namespaceRefused } from './netns.ts'
import { RemoteProcess } from './remote.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const refused = namespaceRefused()

describe.skipIf(refused !== null)(
  `unprivileged ping sockets${refused === null ? '' : ` (skipped: no network namespaces here: ${refused})`}`,
  () => {
    test.each([
      ['ip4', '127.0.0.1', 8],
      ['ip6', '::1', 128],
    ] as const)(
      '%s: are refused with EACCES, or ping %s where the kernel allows them',
      async (network, host, type) => {
        const ns = new Namespace()
        ns.ip('link', 'set', 'lo', 'up')
        const r = new RemoteProcess(ns.name)
        try {
          const before = await r.run(
            async ({ dialPing, IPAddr, parseIP }, network, host) =>
              await dialPing(network, null, new IPAddr(parseIP(host))).catch(
                (e: unknown) => (e as Error).message,
              ),
            network,
            host,
          )
          expect(before).toBe(`dial ${network} ${host}: socket: permission denied`)
          const allow = [
            'netns',
            'exec',
            ns.name,
            'sh',
            '-c',
            'echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range',
          ]
          expect(spawnSync('ip', allow).status).toBe(0)
          const got = await r.run(
            async ({ dialPing, listenPing, IPAddr, parseIP }, network, host, type) => {
              process.setgroups?.([])
              process.setgid?.(65534)
              process.setuid?.(65534)
              const request = new Uint8Array(12).fill(7)
              request.set([type, 0, 0, 0, 0, 0, 0, 1])
              const c = await dialPing(network, null, new IPAddr(parseIP(host)))
              c.setReadTimeout(5000)
              await c.write(request)
              const p = new Uint8Array(100)
              const n = await c.read(p)
              await c.close()
              const l = await listenPing(network, null)
              l.setReadTimeout(5000)
              await l.writeTo(request, new IPAddr(parseIP(host)))
              const [m, from] = await l.readFrom(p)
              await l.close()
              return { n, m, from: String(from), type: p[0], seq: p[7], rest: [...p.subarray(8, m)] }
            },
            network,
            host,
            type,
          )
          const told = type === 8 ? 0 : 129
          expect(got).toEqual({ n: 12, m: 12, from: host, type: told, seq: 1, rest: [7, 7, 7, 7] })
        } finally {
          await r.end()
          await ns.close()
        }
      },
    )

    test('dialPing() without an address is "missing address"', async () => {
      await expect(dialPing('ip4', null, null)).rejects.toThrow('dial ip4: missing address')
    })
  },
)
