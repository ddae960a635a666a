import { constants } from 'node:os'
import { Errno, SyscallError } from '@net/contract'
import type { CFunction, WindowsLibrary } from '../ffi/ffi.ts'
import { windowsLibrary } from './windows_library.ts'

const VERSION = 0x202 // of Winsock that is asked for: 2.2
const WSADATA = 512 // bytes of a WSADATA, and more

// A SOCKET is a small number, and INVALID_SOCKET all ones, which is -1 here.
const declarations = {
  WSASocketW:
    'intptr_t WSASocketW(int af, int type, int protocol, void *info, uint32_t group, uint32_t flags)',
  bind: 'int bind(intptr_t s, const void *addr, int addrlen)',
  closesocket: 'int closesocket(intptr_t s)',
  connect: 'int connect(intptr_t s, const void *addr, int addrlen)',
  getsockname: 'int getsockname(intptr_t s, void *addr, void *addrlen)',
  getsockopt: 'int getsockopt(intptr_t s, int level, int name, void *value, void *length)',
  ioctlsocket: 'int ioctlsocket(intptr_t s, int cmd, void *arg)',
  recvfrom: 'int recvfrom(intptr_t s, void *buf, int len, int flags, void *addr, void *addrlen)',
  send: 'int send(intptr_t s, const void *buf, int len, int flags)',
  sendto: 'int sendto(intptr_t s, const void *buf, int len, int flags, const void *addr, int addrlen)',
  setsockopt: 'int setsockopt(intptr_t s, int level, int name, const void *value, int length)',
  WSAGetLastError: 'int WSAGetLastError()',
} as const

type WinsockCall = keyof typeof declarations

type Winsock = Readonly<Record<WinsockCall, CFunction>> & { readonly library: WindowsLibrary }

/** The functions of ws2_32.dll, which are bound and started on first use. Throws `ErrWindows` where they cannot be called. */
export const ws2_32 = windowsLibrary('ws2_32.dll', (library): Winsock => {
  const entries = Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)])
  const failed = library.func('int WSAStartup(uint16_t version, void *data)')(
    VERSION,
    new Uint8Array(WSADATA),
  )
  if (failed !== 0) throw winsockError('WSAStartup', failed)
  return { ...(Object.fromEntries(entries) as Record<WinsockCall, CFunction>), library }
})

/** The error of a call of Winsock: the name is that of Unix ('EACCES'), the number Windows' own. */
function winsockError(call: string, number: number): SyscallError {
  const name = Object.entries(constants.errno).find(([k, n]) => n === number && k.startsWith('WSA'))?.[0]
  return new SyscallError(call, new Errno(name?.slice('WSA'.length) ?? String(number), number))
}

/** Makes a call of Winsock and gives its result. Throws the bare error of one that fails. */
export function winsock(call: WinsockCall, ...args: Parameters<CFunction>): number {
  const functions = ws2_32()
  const result = functions[call](...args)
  if (result === -1) throw winsockError(call === 'WSASocketW' ? 'socket' : call, functions.WSAGetLastError())
  return result
}
