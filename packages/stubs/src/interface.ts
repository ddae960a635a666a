import { OpError, type InterfaceGroup } from '@net/contract'

/**
 * An interface group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, interfaceStubs } from '@net/stubs'
 *
 * const group = interfaceStubs(ErrPlan9)
 * await group.interfaces().catch((e) => console.log(e.message)) // route ip+net: not supported by plan 9
 * ```
 */
export function interfaceStubs(err: Error): InterfaceGroup {
  const refuse = (): Promise<never> => Promise.reject(new OpError('route', 'ip+net', null, null, err))
  return {
    interfaces: refuse,
    interfaceAddrs: refuse,
    interfaceByIndex: refuse,
    interfaceByName: refuse,
  }
}
