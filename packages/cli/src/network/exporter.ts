import { lstatSync, unlinkSync } from 'node:fs'
import { defaultNet, dial, ErrClosed, isErr, TCPAddr, type Addr, type Target } from '@net/core'
import { listenExport, type ListenExportOptions } from '@net/core/plan9'
import { codeOf } from '../session/error.ts'

/** A network that is exported, and what listens for its clients. */
export type Export = Awaited<ReturnType<typeof listenExport>>

/**
 * Exports a target at an address of this machine, as listenExport does, in the place of an exporter that has died and left its
 * Unix socket there.
 */
export async function serve(
  target: Target,
  address: string,
  options: Omit<ListenExportOptions, 'on'> = {},
): Promise<Export> {
  const given = { ...options, on: defaultNet().target }
  try {
    return await listenExport(target, address, given)
  } catch (e) {
    const path = address.startsWith('unix!') ? address.slice('unix!'.length) : null
    if (path === null || !(await isAbandoned(path, e))) throw e
    unlinkSync(path)
    return await listenExport(target, address, given)
  }
}

/** Whether a listener could not be made because of the socket of one that has died. */
async function isAbandoned(path: string, error: unknown): Promise<boolean> {
  if (codeOf(error) !== 'EADDRINUSE' || !lstatSync(path).isSocket()) return false
  try {
    const conn = await dial('unix', path)
    await conn.close()
    return false
  } catch (e) {
    return !isErr(e, ErrClosed) && codeOf(e) === 'ECONNREFUSED'
  }
}

/** The address of an exporter as its clients write it. */
export function dialString(addr: Addr): string {
  return addr instanceof TCPAddr ? `tcp!${addr.hostname}!${addr.port}` : `unix!${addr.toString()}`
}
