let disabled = false

/**
 * For tests: makes IPv6 sockets fail with EAFNOSUPPORT, "address family not supported by protocol", on every target of this
 * process, or takes that back. The counterpart of the variable SocketDisableIPv6 of Go's package syscall.
 */
export function socketDisableIPv6(on: boolean): void {
  disabled = on
}

/** Whether {@link socketDisableIPv6} is on. For targets. */
export function socketDisabledIPv6(): boolean {
  return disabled
}
