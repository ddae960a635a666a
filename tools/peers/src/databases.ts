import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from './certificates.ts'
import { ServerProcess } from './server_process.ts'

const postgresDirs = '/usr/lib/postgresql'
const version = existsSync(postgresDirs) ? readdirSync(postgresDirs).sort().at(-1) : undefined

/** Where redis-server is, or null. It is in Debian's package redis-server. */
export const redisPath = ['/usr/bin/redis-server'].find(existsSync) ?? null

/** Where mariadbd is, or null. It is in Debian's package mariadb-server-core. */
export const mariadbPath = ['/usr/sbin/mariadbd'].find(existsSync) ?? null

/** The folder of PostgreSQL's programs, or null. They are in Debian's package postgresql. */
export const postgresPath = version === undefined ? null : join(postgresDirs, version, 'bin')

/** Starts a Redis that keeps nothing; with a certificate it speaks TLS, and nothing else. */
export function startRedis(path: string, tls?: Certificate): Promise<ServerProcess> {
  return ServerProcess.start({
    path,
    ready: /Ready to accept connections/,
    signal: 'SIGKILL',
    args(port, dir) {
      const common = ['--bind', '127.0.0.1', '--save', '', '--dir', dir]
      if (tls === undefined) return ['--port', `${port}`, ...common]
      const [cert, key] = writeCertificate(dir, tls)
      const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no']
      return ['--port', '0', '--tls-port', `${port}`, ...files, ...common]
    },
  })
}

/** Starts a MariaDB that lets everybody in, as 'root' without a password; it has no database. */
export function startMariaDB(path: string): Promise<ServerProcess> {
  return ServerProcess.start({
    path,
    ready: /ready for connections/,
    signal: 'SIGKILL',
    args: (port, dir) => [
      '--no-defaults',
      '--skip-grant-tables',
      '--innodb-buffer-pool-size=8M',
      '--bind-address=127.0.0.1',
      `--user=${userInfo().username}`,
      `--port=${port}`,
      ...['datadir', 'socket', 'pid-file'].map(
        (name) => `--${name}=${join(dir, name === 'datadir' ? '' : name)}`,
      ),
    ],
  })
}

/**
 * Starts a PostgreSQL that lets everybody in, as 'postgres'; its programs are in the folder `path`. With a certificate it speaks
 * TLS to clients who want it.
 */
export function startPostgres(path: string, tls?: Certificate): Promise<ServerProcess> {
  const data = (dir: string): string => join(dir, 'data')
  return ServerProcess.start({
    path: join(path, 'postgres'),
    ready: /ready to accept connections/,
    signal: 'SIGQUIT', // at once, with its children
    args(port, dir) {
      const common = ['-D', data(dir), '-h', '127.0.0.1', '-p', `${port}`, '-k', dir, '-F']
      return tls === undefined ? common : [...common, '-c', 'ssl=on']
    },
    prepare(dir) {
      const user = unprivileged()
      if (user !== undefined) chownSync(dir, user.uid, user.gid)
      const options = ['-D', data(dir), '-A', 'trust', '-U', 'postgres', '--no-sync']
      execFileSync(join(path, 'initdb'), options, { stdio: 'ignore', cwd: dir, ...user })
      if (tls !== undefined) {
        for (const file of writeCertificate(data(dir), tls)) {
          if (user !== undefined) chownSync(file, user.uid, user.gid)
        }
      }
      return user
    },
  })
}

// Writes a certificate and its key under the names by which PostgreSQL looks for them.
function writeCertificate(dir: string, { cert, key }: Certificate): [cert: string, key: string] {
  const files: [string, string] = [join(dir, 'server.crt'), join(dir, 'server.key')]
  writeFileSync(files[0], cert)
  writeFileSync(files[1], key, { mode: 0o600 })
  return files
}

// PostgreSQL does not run as root: its own user takes over then.
function unprivileged(): { uid: number; gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined
  const id = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
