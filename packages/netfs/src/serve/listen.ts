import { chmodSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { TCPAddr, UnixAddr } from '@net/addr'
import type { Listener, Target, TCPSockGroup, UnixSockGroup } from '@net/contract'
import { parseLocal } from '../base/address.ts'
import { exportNet, type ExportOptions, type NetExport } from './export.ts'
import { type TLSServerOptions, tlsListener } from './tls.ts'

const OWNER_ONLY = 0o600

/** What an export listens with. */
export type ExportSockets = Pick<TCPSockGroup, 'listenTCP'> & Pick<UnixSockGroup, 'listenUnix'>

/** Options of {@link listenExport}. */
export interface ListenExportOptions extends ExportOptions {
  /**
   * Lets in only clients that prove who they are; required for TCP beyond loopback. Clients use `tlsToExport`.
   */
  readonly tls?: TLSServerOptions | undefined
  /**
   * The stack that listens; absent: the target that is exported. Another one where clients do not come over that target, as those
   * of a simulated host.
   */
  readonly on?: ExportSockets | undefined
}

/**
 * The path of the Unix socket of an export for which no address was given: 'netfs' in the user's runtime
 * directory (XDG_RUNTIME_DIR), else '.netfs' in the home.
 *
 * @example
 * ```ts
 * import { defaultSocket } from '@net/netfs'
 *
 * console.log(defaultSocket().endsWith('netfs')) // true
 * ```
 */
export function defaultSocket(): string {
  const { XDG_RUNTIME_DIR: dir } = process.env
  return dir === undefined || dir === '' ? join(homedir(), '.netfs') : join(dir, 'netfs')
}

/**
 * Listens and exports a target there, as {@link exportNet} does. The address is a dial string: 'unix!/path',
 * 'tcp!*!port' or 'tcp!127.0.0.1!port' with a numeric host; absent, a Unix socket at {@link defaultSocket}.
 * Unix sockets can be opened by this user alone. Rejects, nothing left open, for an address that anybody
 * could use.
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
export async function listenExport(
  target: Target,
  address = `unix!${defaultSocket()}`,
  options: ListenExportOptions = {},
): Promise<{ readonly net: NetExport; readonly listener: Listener }> {
  const raw = await listen(options.on ?? target, address)
  try {
    const listener = options.tls === undefined ? raw : tlsListener(raw, options.tls)
    return { net: exportNet(target, listener, options), listener }
  } catch (e) {
    await raw.close()
    throw e
  }
}

async function listen(sockets: ExportSockets, address: string): Promise<Listener> {
  const bang = address.indexOf('!')
  const [network, rest] = [address.slice(0, bang), address.slice(bang + 1)]
  if (network === 'unix') return listenUnix(sockets, rest)
  if (network !== 'tcp')
    throw new TypeError(`an export listens on unix!/path or tcp!host!port, not ${address}`)
  const { ip, port } = parseLocal(rest)
  return sockets.listenTCP('tcp', new TCPAddr(ip, port ?? 0))
}

async function listenUnix(sockets: ExportSockets, path: string): Promise<Listener> {
  // An abstract name has no file whose permissions could keep anybody out.
  if (path.startsWith('@') || path.startsWith('\0')) {
    throw new TypeError(
      'an export does not listen on an abstract name, because everybody on the machine can connect to it',
    )
  }
  // The mask is set for the bind, which targets do before their first wait: the socket must never be open to
  // others, not for a moment.
  const mask = process.umask(0o177)
  let listening: Promise<Listener>
  try {
    listening = sockets.listenUnix('unix', new UnixAddr(path, 'unix'))
  } finally {
    process.umask(mask)
  }
  const listener = await listening
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) {
    // The host of Windows makes a named pipe in the place of a socket.
    await listener.close()
    throw new TypeError(
      'an export does not listen on a Unix socket here, because it has no file whose permissions could keep anybody out: use tcp!127.0.0.1!port',
    )
  }
  if ((file.mode & 0o777) !== OWNER_ONLY) chmodSync(path, OWNER_ONLY)
  return listener
}
