let disabled = false

/**
 * For tests: makes IPv6 sockets fail with EAFNOSUPPORT, "address family not supported by protocol", on every target of this
 * process, or takes that back. The counterpart of the variable SocketDisableIPv6 of Go's package syscall.
 *
 * @example
 * ```ts
 * import { socketDisabledIPv6, socketDisableIPv6 } from '@net/io'
 *
 * socketDisableIPv6(true)
 * console.log(socketDisabledIPv6()) // true
 * socketDisableIPv6(false)
 * ```
 */
export function socketDisableIPv6(on: boolean): void {
  disabled = on
}

/**
 * Whether {@link socketDisableIPv6} is on. For targets.
 *
 * @example
 * ```ts
 * import { socketDisabledIPv6 } from '@net/io'
 *
 * console.log(socketDisabledIPv6()) // false
 * ```
 */
export function socketDisabledIPv6(): boolean {
  return disabled
}
