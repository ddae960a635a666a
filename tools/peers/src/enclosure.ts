import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

/**
 * Whether this process has a network of its own: no interface but a loopback has an address, so nothing gets
 * out.
 */
export function isEnclosed(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.length > 0 && all.every(({ internal }) => internal)
}

/**
 * Puts a script that attacks or floods into a network of its own, as `unshare --net` makes one. True when it
 * is there already; otherwise the script has run once more inside, with the same arguments, when the promise
 * resolves to false, and its exit code is that of this process. Rejects when the system makes no network
 * namespaces.
 */
export async function enclose(): Promise<boolean> {
  if (isEnclosed()) return true
  if (process.env.NET_ENCLOSED === '1') throw new Error('the network of this process has a way out')
  const script = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const inside = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...script]
  const child = spawn('unshare', ['--net', ...user, ...inside], {
    stdio: 'inherit',
    env: { ...process.env, NET_ENCLOSED: '1' },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
  return false
}

/**
 * Throws unless a numeric address is this machine's: to be called before each dial of what may dial what it
 * invents.
 */
export function checkNear(host: string): void {
  if (host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  if (!own.some(({ address }) => address === host))
    throw new Error(`${host} is not an address of this machine`)
}
