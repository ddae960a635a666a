import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServerProcess } from './server_process.ts'

/** Where haproxy is, or null. It is in Debian's package haproxy. */
export const haproxyPath = ['/usr/sbin/haproxy'].find(existsSync) ?? null

/** What a haproxy does: `to` is a server and its options, `bind` are options of the port. */
export interface HAProxyPlan {
  /** The server that connections go to, with its options: '127.0.0.1:80 send-proxy'. */
  readonly to: string
  /** Options of the port that it listens on: 'accept-proxy'. */
  readonly bind?: string
}

/** Starts a haproxy that passes TCP connections on. */
export function startHAProxy(path: string, { to, bind = '' }: HAProxyPlan): Promise<ServerProcess> {
  return ServerProcess.start({
    path,
    ready: /Loading success|New worker/,
    signal: 'SIGTERM',
    args(port, dir) {
      const file = join(dir, 'haproxy.cfg')
      writeFileSync(file, configuration(port, to, bind))
      return ['-W', '-f', file]
    },
  })
}

function configuration(port: number, to: string, bind: string): string {
  return `
defaults
  mode tcp
  timeout connect 10s
  timeout client 10s
  timeout server 10s
listen passing
  bind 127.0.0.1:${port} ${bind}
  unique-id-format id
  server there ${to}
`
}
