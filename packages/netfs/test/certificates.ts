import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether openssl(1) is here to make certificates with. */
export const openssl =
  ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find((p) => existsSync(p)) ??
  null

/** A certificate and its key. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** An authority with certificates of its making. */
export function authority(names: readonly string[]): { ca: string; pairs: Pair[] } {
  const dir = mkdtempSync(join(tmpdir(), 'netfs-ca-'))
  const run = (...args: string[]): void => {
    execFileSync(openssl ?? 'openssl', args, { cwd: dir, stdio: 'ignore' })
  }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    run('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test')
    const pairs = names.map((name) => {
      run('req', ...curve, '-keyout', 'a.key', '-out', 'a.csr', '-subj', `/CN=${name}`)
      writeFileSync(join(dir, 'a.ext'), `subjectAltName=DNS:${name}\n`)
      const from = [
        '-in',
        'a.csr',
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-extfile',
        'a.ext',
      ]
      run('x509', '-req', ...from, '-out', 'a.pem', '-days', '2')
      return { cert: readFileSync(join(dir, 'a.pem'), 'utf8'), key: readFileSync(join(dir, 'a.key'), 'utf8') }
    })
    return { ca: readFileSync(join(dir, 'ca.pem'), 'utf8'), pairs }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
