import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { objectsOf } from './finished.ts'
import { bin } from './running.ts'

const user = process.getuid?.() === 0 ? [] : ['--map-root-user']

/** Runs a shell's line in a network of its own, with netx as $netx. */
function enclosed(line: string): { code: number | null; stdout: string; stderr: string } {
  const script = `ip link set lo up; netx="${process.execPath} ${bin}"; ${line}`
  const ran = spawnSync('unshare', ['--net', ...user, 'sh', '-c', script], { encoding: 'utf8' })
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}

function can(line: string): boolean {
  try {
    execFileSync('unshare', ['--net', ...user, 'sh', '-c', line], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const allow = 'echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range'
const forbid = 'echo 1 0 > /proc/sys/net/ipv4/ping_group_range'
const unprivileged = 'setpriv --bounding-set=-all --inh-caps=-all'
const canRaw = can(forbid)
const canUnprivileged = canRaw && can(`${unprivileged} true`)

test.skipIf(!canRaw).each(['127.0.0.1', '::1', 'localhost'])(
  'netx ping %s uses raw sockets where the kernel has no others for it (which needs unshare)',
  (host) => {
    const { code, stdout, stderr } = enclosed(`${forbid}; $netx ping --json -v -c 2 -i 10 ${host}`)
    expect([code, objectsOf(stderr)]).toMatchObject([0, [{ event: 'pinging', raw: true }]])
    expect(objectsOf(stdout)).toMatchObject([
      { seq: 1, bytes: 64, ms: expect.any(Number) as number },
      { seq: 2, bytes: 64, ms: expect.any(Number) as number },
      { sent: 2, answered: 2 },
    ])
  },
)

test.skipIf(!canUnprivileged)(
  'netx ping needs no privilege where the kernel allows that (which needs unshare and setpriv)',
  () => {
    const { code, stdout, stderr } = enclosed(`${allow}; ${unprivileged} $netx ping -v -c 1 127.0.0.1`)
    expect([code, stderr]).toEqual([0, 'pinging 127.0.0.1\n'])
    expect(stdout).toMatch(/^127\.0\.0\.1 seq 1: \d+\.\d{3} ms\n1 of 1 answered, /)
  },
)

test.skipIf(!canUnprivileged)(
  'netx ping says why it may not, and what would let it (which needs unshare and setpriv)',
  () => {
    const { code, stdout, stderr } = enclosed(`${forbid}; ${unprivileged} $netx ping -c 1 127.0.0.1`)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/permission denied; .*operation not permitted .*ping_group_range.*CAP_NET_RAW/)
  },
)

test.skipIf(!canRaw)('netx ping fails when nobody answers (which needs unshare)', () => {
  const { code, stdout } = enclosed(
    'ip route add blackhole 192.0.2.0/24; $netx ping -c 1 --wait 100 192.0.2.1',
  )
  expect(code).toBe(1)
  expect(stdout === '' || stdout.endsWith('0 of 1 answered\n')).toBe(true)
})
