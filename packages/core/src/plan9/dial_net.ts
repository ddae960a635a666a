import { tlsToExport, type TLSClientOptions } from '@net/netfs'
import { importNet, parsePlan9DialString, type ImportedNet, type ImportOptions } from '@net/plan9'
import { nativeDial } from '../native_dial.ts'

/** Options of {@link dialNet}. */
export interface DialNetOptions extends ImportOptions {
  /** How to prove to the server who this is, where it listens with TLS. */
  readonly tls?: TLSClientOptions | undefined
}

/**
 * Connects to a /net that another machine or process exports over 9P, through the running system's own stack: 'unix!/path',
 * 'tcp!host!port'. Closing the result ends the session, and it does not connect again when the session is cut. Rejects with the
 * dial's error, that of TLS or of the session, or with the signal's reason; a TypeError for what is no such address.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { defaultNet, Net } from '@net/core'
 * import { dialNet, listenExport, plan9 } from '@net/core/plan9'
 *
 * const dir = mkdtempSync(join(tmpdir(), 'example-'))
 * const address = `unix!${join(dir, 'net')}`
 * const { net: exported } = await listenExport(defaultNet().target, address)
 * const tree = await dialNet(address)
 * console.log(await new Net(plan9({ net: tree })).lookupPort('tcp', 'https')) // 443
 * await tree.close()
 * await exported.close()
 * rmSync(dir, { recursive: true })
 * ```
 */
export async function dialNet(address: string, options: DialNetOptions = {}): Promise<ImportedNet> {
  const { tls, ...session } = options
  const server = parsePlan9DialString(address)
  if (server === null) throw new TypeError(`${address} is no address: unix!/path or tcp!host!port`)
  const conn = await nativeDial(server.network, server.address, options.signal)
  const { signal } = options
  return await importNet(tls === undefined ? conn : await tlsToExport(conn, { signal, ...tls }), session)
}
