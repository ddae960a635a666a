import { readFileSync } from 'node:fs'
import type { TLSClientOptions, TLSServerOptions } from '@net/core/plan9'
import { Option } from 'commander'
import { UsageError } from './usage_error.ts'

/** The options of commands that speak TLS. */
export const tlsOptions: readonly Option[] = [
  new Option('--cert <file>', 'the certificate to show, PEM'),
  new Option('--key <file>', 'its private key, PEM'),
  new Option('--ca <file>', 'the certificates that the other side must have one of, PEM'),
  new Option(
    '--psk-file <file>',
    'keys that both sides know, lines of name:hexadecimal; instead of certificates',
  ),
]

/** What was given for {@link tlsOptions}: names of files. */
export interface TLSFiles {
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
  readonly pskFile?: string
}

/** How an export lets clients in; undefined when nothing was said about it. */
export function tlsOfServer(files: TLSFiles): TLSServerOptions | undefined {
  const keys = keysOf(files)
  return keys === undefined ? certificatesOf(files) : { keys }
}

/** How a client proves who it is; undefined when nothing was said about it. */
export function tlsOfClient(files: TLSFiles, serverName: string | undefined): TLSClientOptions | undefined {
  const [first] = Object.entries(keysOf(files) ?? {})
  if (first !== undefined) return { identity: first[0], key: first[1] }
  const certificates = certificatesOf(files)
  if (certificates === undefined) return undefined
  if (serverName === undefined) throw new UsageError('certificates want --server-name, too')
  return { ...certificates, serverName }
}

function certificatesOf({ cert, key, ca }: TLSFiles): { cert: Buffer; key: Buffer; ca: Buffer } | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new UsageError('--cert, --key and --ca belong together')
  }
  return { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) }
}

// Lines of a name, a colon and the key in hexadecimal, as stunnel and openssl have them.
function keysOf({ pskFile: file, cert }: TLSFiles): Record<string, Uint8Array> | undefined {
  if (file === undefined) return undefined
  if (cert !== undefined) throw new UsageError('either certificates or --psk-file')
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const keys = lines.map((line): [string, Uint8Array] => {
    const [, name, hex] = /^([^:]+):((?:[0-9A-Fa-f]{2})+)$/.exec(line) ?? []
    if (name === undefined || hex === undefined)
      throw new Error(`${file} wants lines of name:key in hexadecimal`)
    return [name, Buffer.from(hex, 'hex')]
  })
  if (keys.length === 0) throw new Error(`${file} has no key`)
  return Object.fromEntries(keys)
}
