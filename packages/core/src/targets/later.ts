import type { TargetGroups } from '@net/contract'
import { copyingSendfileGroup, hostIPSockGroup } from '@net/io'
import { kernelGroups } from '@net/posix/kernel'
import { ErrWindows, fileStubs } from '@net/stubs'

type Functions = Record<string, (...args: unknown[]) => Promise<unknown>>

/**
 * A group of windows, loaded when one of its functions is first called. They have the names of the kernel's, and all return
 * promises.
 */
function later<K extends keyof TargetGroups>(group: K): TargetGroups[K] {
  const functions: Functions = {}
  for (const name of Object.keys(kernelGroups[group])) {
    functions[name] = async (...args) => {
      const { row } = await import('./windows.ts')
      return (row()[group] as unknown as Functions)[name]?.(...args)
    }
  }
  return functions as unknown as TargetGroups[K]
}

/**
 * What windows has, for where the kernel's sockets turn out not to be had. The code is loaded when it is first needed: a program
 * that reaches the sockets of its kernel never needs it.
 */
export const windowsLater = (): TargetGroups => ({
  file: fileStubs(ErrWindows),
  interface: later('interface'),
  iprawsock: later('iprawsock'),
  ipsock: hostIPSockGroup,
  lookup: later('lookup'),
  sendfile: copyingSendfileGroup,
  tcpsock: later('tcpsock'),
  udpsock: later('udpsock'),
  unixsock: later('unixsock'),
})
