import { fileURLToPath } from 'node:url'
import { Running } from '@net/peers'

/** Where netx is. */
export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

/** Runs netx. */
export const netx = (...args: string[]): Running => new Running(process.execPath, bin, ...args)

/** Runs netx import with both proxies, and gives curl's ways through them. */
export async function proxies(
  address: string,
  ...more: string[]
): Promise<{ running: Running; via: string[][] }> {
  const running = netx('import', '--socks', '0', '--http', '0', ...more, address)
  const socks = await running.printed(/SOCKS5 proxy at (.*)\n/)
  const http = await running.printed(/HTTP proxy at (.*)\n/)
  const via = [
    ['--socks5-hostname', socks],
    ['-x', `http://${http}`],
    ['-p', '-x', `http://${http}`],
  ]
  return { running, via }
}
