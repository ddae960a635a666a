import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  dbusPath,
  mariadbPath,
  openssl,
  postgresPath,
  redisPath,
  selfSigned,
  startDBus,
  startMariaDB,
  startPostgres,
  startRedis,
} from '@net/peers'

/** @typedef {import('@net/peers').ServerProcess} ServerProcess */

/** A certificate of 127.0.0.1, or null where there is no openssl to make one. */
export const certificate = openssl === null ? null : ownCertificate()

/** How each server is started, or null where it is not on this machine. */
export const starters = {
  postgresql: starter(postgresPath, (path) => startPostgres(path, certificate ?? undefined)),
  mariadb: starter(mariadbPath, startMariaDB),
  redis: starter(redisPath, (path) => startRedis(path)),
  'redis with TLS': certificate && starter(redisPath, (path) => startRedis(path, certificate)),
  'dbus-daemon': starter(dbusPath, startDBus),
}

/** @param {string | null} path @param {(path: string) => Promise<ServerProcess>} start @returns {(() => Promise<ServerProcess>) | null} */
function starter(path, start) {
  return path === null ? null : () => start(path)
}

function ownCertificate() {
  const dir = mkdtempSync(join(tmpdir(), 'net-clients-'))
  try {
    return selfSigned(dir, ['IP:127.0.0.1'])
  } finally {
    rmSync(dir, { recursive: true })
  }
}
