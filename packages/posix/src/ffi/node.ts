import { abi } from '../abi/system.ts'
import { bound, type Bind, type CType, type NativeFunction } from './declaration.ts'
import type { CFunction, FFI, Watch } from './ffi.ts'

/** What is used of node:ffi. */
interface NodeFFI {
  readonly DynamicLibrary: new (path: null) => {
    getFunction(name: string, signature: { arguments: string[]; return: string }): NativeFunction
  }
  getRawPointer(buffer: ArrayBufferLike): bigint
  toArrayBuffer(pointer: bigint, byteLength: number, copy: boolean): ArrayBuffer
}

/** The words of Node for the types of C. */
const words: Readonly<Record<CType, string>> = {
  int: 'int32',
  uint32_t: 'uint32',
  'unsigned long': 'uint64',
  size_t: 'uint64',
  intptr_t: 'int32',
  uintptr_t: 'uint64',
  pointer: 'pointer',
}

/** Whether this Node was told by --allow-ffi that programs may use its FFI. */
export function nodeFFIAllowed(): boolean {
  const { permission } = process as { permission?: { has(scope: string): boolean } }
  return permission?.has('ffi') === true
}

/**
 * Makes an FFI of node:ffi, which Node has from version 26 on and warns of. Throws where it is missing, or where the
 * permission model forbids it.
 */
export function loadNode(): FFI {
  const node = process.getBuiltinModule('node:ffi') as unknown as NodeFFI | undefined
  if (node === undefined) throw new Error('this Node has no node:ffi')
  if (!abi.has.dup3)
    throw new Error(`node:ffi cannot watch a descriptor without dup3, which ${abi.kernel} lacks`)
  const libc = new node.DynamicLibrary(null)
  const bind: Bind = (name, parameters, result) =>
    libc.getFunction(name, { arguments: parameters, return: result })
  const func = (text: string): CFunction => bound(text, words, bind)
  const location = bind(abi.errnoLocation, [], 'pointer')()
  const errno = new Int32Array(node.toArrayBuffer(BigInt(location), 4, false))
  return {
    bindsTogether: false,
    func,
    closeAsync: (fd, done) => {
      process.getBuiltinModule('node:fs').close(fd, done)
    },
    errno,
    watch: (fd, f) => {
      const number = func('int socket(int domain, int type, int protocol)')(abi.AF_INET, abi.SOCK_DGRAM, 0)
      if (number < 0) throw new Error('no descriptor is left')
      const socket = watchSocket(number, f)
      func('int dup3(int oldfd, int newfd, int flags)')(fd, number, abi.O_CLOEXEC)
      return socket
    },
    address: ({ buffer, byteOffset }) => node.getRawPointer(buffer) + BigInt(byteOffset),
  }
}

/**
 * Has the host watch a UDP socket, whose number is then given to another descriptor, before the event loop asks the kernel about
 * it. Whenever that is readable the host finds that it is no socket (ENOTSOCK), says so, and goes on watching.
 */
function watchSocket(fd: number, f: () => void): Watch {
  // The module is loaded here and not on import, as no other host needs it.
  const socket = process.getBuiltinModule('node:dgram').createSocket('udp4')
  socket.on('error', f)
  socket.bind({ fd })
  return socket.unref()
}
