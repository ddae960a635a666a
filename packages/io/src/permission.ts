/**
 * The error with which Node's permission model refuses the network to this process, or null when it does not. System calls
 * would go past the model, so the kernel's sockets ask here; and so does listening on the host's own, for which
 * Node 26 throws where nobody can catch it. Models that have no word about the network (Node 20 to 24) refuse nothing.
 *
 * @example
 * ```ts
 * import { networkRefusal } from '@net/io'
 *
 * console.log(networkRefusal()) // null
 * ```
 */
export function networkRefusal(): Error | null {
  const { permission } = process as { permission?: { has(scope: string): boolean } }
  if (permission === undefined || !process.allowedNodeEnvironmentFlags.has('--allow-net')) return null
  if (permission.has('net')) return null
  const refusal = new Error('the permission model forbids the network: --allow-net permits it')
  return Object.assign(refusal, { code: 'ERR_ACCESS_DENIED', permission: 'Net' })
}
