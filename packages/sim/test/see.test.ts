import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UnixAddr } from '@net/addr'
import { expect, test } from 'vitest'
import { SimNetwork, type PendingOp } from '../src/index.ts'
import { connect, pairOf, readFull, tcp, udp, type Pair, wait } from './pair.ts'

const program = 'tshark'
const missing = spawnSync(program, ['--version']).status === 0 ? '' : ': tshark is not installed'

/** Everything that a network carries, in bad weather: TCP, UDP, fragments, ICMP and names. */
async function everything(): Promise<Pair> {
  const pair = pairOf({ latency: 5, loss: 0.02, reorder: 0.05, duplicate: 0.05, corrupt: 0.02 }, { seed: 4 })
  const { sim, a, b } = pair
  await sim.run(async () => {
    const [client, server] = await connect(pair)
    await Promise.all([client.write(new Uint8Array(200_000)), readFull(server, 200_000)])
    await Promise.all([client.close(), server.close()])
    for (const addr of ['10.0.0.2', 'fd00::2']) {
      const to = await b.target.listenUDP('udp', udp(addr, 9999))
      const from = await a.target.listenUDP('udp', null)
      for (const n of [0, 100, 5000]) await from.writeTo(new Uint8Array(n), to.localAddr)
      await from.writeTo(new Uint8Array(1), udp(addr, 1))
      await wait(100)
      await Promise.all([to.close(), from.close()])
    }
  })
  return pair
}

test.skipIf(missing !== '')(
  `a capture is read by tshark, with the hosts’ interfaces and not one malformed packet${missing}`,
  async () => {
    const { sim } = await everything()
    const folder = mkdtempSync(join(tmpdir(), 'sim-'))
    try {
      const file = join(folder, 'sim.pcapng')
      writeFileSync(file, sim.pcapng())
      const shark = (...args: string[]): string[] => {
        const run = spawnSync(program, ['-r', file, '-n', ...args], { encoding: 'utf8' })
        expect(run.status, run.stderr).toBe(0)
        return run.stdout.split('\n').filter((line) => line !== '')
      }
      const kept = [...sim.trace].filter(({ what }) => what !== 'lost')
      const all = shark('-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.time_epoch')
      expect(all).toHaveLength(kept.length)
      expect(all.map((line) => line.split('\t')[0])).toEqual(kept.map(({ where }) => where))
      const damaged = kept.filter((s) => s.damaged).length
      expect(damaged).toBeGreaterThan(0)
      expect(shark('-Y', '_ws.malformed')).toEqual([])
      const sums = [
        '-o',
        'tcp.check_checksum:TRUE',
        '-o',
        'udp.check_checksum:TRUE',
        '-o',
        'ip.check_checksum:TRUE',
      ]
      const bad =
        'tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0'
      const wrong = shark(...sums, '-Y', bad)
      // A bit of a fragment is not seen to be wrong before it is put together.
      expect(wrong.length).toBeLessThanOrEqual(damaged)
      expect(wrong.length).toBeGreaterThan(damaged / 2)
      expect(shark(...sums, '-Y', 'ip.checksum.status == 0')).toEqual([])
      expect(shark('-Y', 'icmp.type == 3 || icmpv6.type == 1').length).toBeGreaterThan(0)
      expect(shark('-Y', 'ip.flags.mf == 1 || ipv6.fragment').length).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('the trace is lines that can be read, of the packets that are kept', async () => {
  const pair = pairOf({ latency: 5 }, { traceLimit: 4 })
  const { sim, a } = pair
  await sim.run(async () => {
    const from = await a.target.listenUDP('udp', udp('10.0.0.1', 9))
    for (const n of [1, 2, 3]) await from.writeTo(new Uint8Array(n), udp('10.0.0.2', 7))
    await wait(100)
    await from.close()
  })
  expect(sim.trace.count).toBe(12)
  expect(sim.trace.toString()).toBe(
    [
      '5.000 out b/eth0 icmp 10.0.0.2 > 10.0.0.1 type 3 code 3 len 31\n',
      '10.000 in a/eth0 icmp 10.0.0.2 > 10.0.0.1 type 3 code 3 len 29\n',
      '10.000 in a/eth0 icmp 10.0.0.2 > 10.0.0.1 type 3 code 3 len 30\n',
      '10.000 in a/eth0 icmp 10.0.0.2 > 10.0.0.1 type 3 code 3 len 31\n',
    ].join(''),
  )
})

test('leaks() tells what is open and where it was made; netstat() in which state it is', async () => {
  const pair = pairOf({ latency: 5 })
  const { sim, a, b } = pair
  await sim.run(async () => {
    const [client, server, listener] = await connect(pair)
    const unix = await a.target.listenUnix('unix', new UnixAddr('/run/x', 'unix'))
    const reading = client.read(new Uint8Array(1)).catch(() => {})
    const asked = client.write(new Uint8Array(1_000_000)).catch(() => {})
    const dialling = a.target.dialTCP('tcp', null, tcp('10.0.0.2', 81)).catch(() => {})
    const leaks = sim.leaks()
    const opsOf = (pending: readonly PendingOp[]): string => pending.map(({ op }) => op).join()
    expect(leaks.map(({ host, what, pending }) => `${host}: ${what} (${opsOf(pending)})`)).toEqual([
      `a: tcp ${client.localAddr.toString()} -> 10.0.0.2:80 (read,write)`,
      'a: unix /run/x ()',
      'a: tcp 10.0.0.2:81 (dial)',
      'b: tcp 10.0.0.2:80 ()',
      `b: tcp 10.0.0.2:80 -> ${client.localAddr.toString()} ()`,
    ])
    for (const { stack } of leaks) expect(stack).toContain('at ')
    for (const { stack } of leaks.flatMap(({ pending }) => pending)) expect(stack).toContain('see.test.ts')
    await dialling
    expect(b.netstat().map(({ state, local, remote }) => `${state} ${local} ${remote}`)).toEqual([
      'LISTEN 10.0.0.2:80 *',
      `ESTABLISHED 10.0.0.2:80 ${client.localAddr.toString()}`,
    ])
    await Promise.all([client.close(), server.close(), listener.close(), unix.close(), reading, asked])
    expect(sim.leaks()).toEqual([])
  })
})

test('a network that is closed tells of the past and takes no part in anything', async () => {
  const pair = pairOf()
  pair.sim.close()
  pair.sim.close()
  expect(pair.sim.trace.toString()).toBe('')
  expect(() => pair.sim.host('c')).toThrow(/closed/)
  await expect(pair.sim.run(() => {})).rejects.toThrow(/closed/)
  expect(() => pair.sim.link('a', 'b')).toThrow(/closed/)
  expect(() => pair.sim.router('r')).toThrow(/closed/)
  expect(() => pair.sim.switch('s')).toThrow(/closed/)
  expect(() => pair.sim.dns('d', { zone: {} })).toThrow(/closed/)
  for (const change of ['partition', 'heal', 'hold', 'release'] as const)
    expect(() => pair.sim[change]('a', 'b')).toThrow(/closed/)
  expect(() => pair.sim.cut('a', 'b')).toThrow(/closed/)
  expect(() => pair.sim.rule(() => 'pass')).toThrow(/closed/)
  expect(() => pair.sim.at(1, () => {})).toThrow(/closed/)
  const dialling = pair.a.target.dialTCP('tcp', null, tcp('10.0.0.2', 80))
  await expect(dialling).rejects.toMatchObject({ code: 'ENETDOWN' })
  expect(() => pair.a.restart()).not.toThrow()
  expect(new SimNetwork().seed).not.toBe('')
})
