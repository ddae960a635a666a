import { Errno, SyscallError } from '@net/contract'
import { windows } from '../abi/windows.ts'
import { windowsLibrary } from './windows_library.ts'

/** The functions of iphlpapi.dll that are used here. */
const iphlpapi = windowsLibrary('iphlpapi.dll', (library) => ({
  library,
  getAdaptersAddresses: library.func(
    'uint32_t GetAdaptersAddresses(uint32_t family, uint32_t flags, void *reserved, void *addresses, void *size)',
  ),
}))

/** A list that Windows has made: the bytes, and the address of the first, as what is in it points into it. */
export interface NativeList {
  /** The bytes of the list. */
  readonly bytes: Uint8Array
  /** The address of the first. */
  readonly base: bigint
}

const ENOUGH = 15_000 // bytes, what Microsoft recommends to begin with
const TRIES = 10 // the list may grow between two calls

/**
 * GetAdaptersAddresses of iphlpapi.h: the network adapters with their addresses. It waits for the system, some milliseconds at
 * most. Throws `ErrWindows` where it cannot be called, or a bare error of the call.
 */
export function getAdaptersAddresses(): NativeList {
  const { library, getAdaptersAddresses: call } = iphlpapi()
  const flags = windows.GAA_FLAG_SKIP_ANYCAST | windows.GAA_FLAG_SKIP_DNS_SERVER
  const size = Uint32Array.of(ENOUGH)
  let result: number = windows.ERROR_BUFFER_OVERFLOW
  for (let i = 0; i < TRIES && result === windows.ERROR_BUFFER_OVERFLOW; i++) {
    const bytes = new Uint8Array(size[0] ?? ENOUGH)
    result = call(windows.AF_UNSPEC, flags, null, bytes, new Uint8Array(size.buffer))
    if (result === 0) return { bytes, base: library.address(bytes) }
    if (result === windows.ERROR_NO_DATA) return { bytes: new Uint8Array(0), base: 0n }
  }
  throw new SyscallError('getadaptersaddresses', new Errno(String(result), result))
}
