import { readFileSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import type { TLSClientOptions, TLSServerOptions } from '@net/core/plan9'
import type { TLSOptions } from '@net/node/tls'
import { Option } from 'commander'
import { UsageError } from './usage_error.ts'

/** The options of commands that may have certificates. */
export const certificateOptions: readonly Option[] = [
  new Option('--cert <file>', 'speak TLS, and show this certificate, PEM'),
  new Option('--key <file>', 'its private key, PEM'),
  new Option('--ca <file>', 'certificates of which the other side must have one, or one signed by them, PEM'),
]

/** What was given for {@link certificateOptions}: names of files. */
export interface CertificateFiles {
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
}

/** The options of commands on whose connections both sides prove who they are. */
export const tlsOptions: readonly Option[] = [
  ...certificateOptions,
  new Option('--psk-file <file>', 'speak TLS with keys that both sides know, lines of name:hexadecimal'),
]

/** What was given for {@link tlsOptions}: names of files. */
export interface TLSFiles extends CertificateFiles {
  readonly pskFile?: string
}

/**
 * How a server shows a certificate, and asks for the clients' where there is a --ca; undefined for one
 * without TLS.
 */
export function serverCertificate({ cert, key, ca }: CertificateFiles): TlsOptions | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('TLS wants --cert and --key')
  const own = { cert: readFileSync(cert), key: readFileSync(key) }
  return ca === undefined
    ? own
    : { ...own, ca: readFileSync(ca), requestCert: true, rejectUnauthorized: true }
}

/**
 * How a client knows its server, by the authorities of the system where there is no --ca, and what it shows.
 */
export function clientCertificate({ cert, key, ca }: CertificateFiles, host: string): TLSOptions {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key belong together')
  return {
    host,
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && key !== undefined && { cert: readFileSync(cert), key: readFileSync(key) }),
  }
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

// A key file has lines of a name, a colon and the key in hexadecimal, as those of stunnel and openssl.
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
