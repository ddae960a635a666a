import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Where openssl is; undefined where it is not installed. */
export const openssl = ['/usr/bin/openssl', '/usr/local/bin/openssl'].find(existsSync)

/** Makes a certificate of this name that is its own authority, `name`.pem and `name`.key in a directory. */
export function certificate(dir: string, name: string): void {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${name}.key`,
  ]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync(openssl ?? '', ['req', '-x509', ...key, ...subject, '-days', '2', '-out', `${name}.pem`], {
    cwd: dir,
    stdio: 'ignore',
  })
}
