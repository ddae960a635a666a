import type { Conn } from '@net/contract'

/**
 * Dials through the running system's own stack, whatever target the build has: what leads to a 9P server from where /net is
 * not. That stack is loaded when the first dial needs it.
 */
export async function nativeDial(network: string, address: string, signal?: AbortSignal): Promise<Conn> {
  const { nativeNet } = await import('./native_net.ts')
  return nativeNet.dial(network, address, { signal })
}
