import { createSocket } from 'node:dgram'
import { close } from 'node:fs'
import { adapted, parseDeclaration, type CType, type NativeFunction } from './declaration.ts'
import type { CFunction, FFI, Watch } from './ffi.ts'
import { errnoFunction } from './libc.ts'

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
  const libc = new node.DynamicLibrary(null)
  const func = (text: string): CFunction => {
    const declaration = parseDeclaration(text)
    const { name, parameters, result } = declaration
    const signature = { arguments: parameters.map((type) => words[type]), return: words[result] }
    return adapted(declaration, libc.getFunction(name, signature))
  }
  const location = libc.getFunction(errnoFunction, { arguments: [], return: 'pointer' })()
  const errno = new Int32Array(node.toArrayBuffer(BigInt(location), 4, false))
  return {
    bindsTogether: false,
    func,
    closeAsync: (fd, done) => {
      close(fd, done)
    },
    errno: () => errno[0] ?? 0,
    watch: (fd, f) => watchBySocket(func, fd, f),
    address: ({ buffer, byteOffset }) => node.getRawPointer(buffer) + BigInt(byteOffset),
  }
}

// sys/socket.h, where all systems agree, and fcntl.h of those that have dup3.
const AF_INET = 2
const SOCK_DGRAM = 2
const O_CLOEXEC: Partial<Record<NodeJS.Platform, number>> = {
  linux: 0x80000,
  android: 0x80000,
  freebsd: 0x100000,
  openbsd: 0x10000,
}

/**
 * Watches a descriptor as one of the host's own: a UDP socket is given to the host, and its number then to the descriptor,
 * before the event loop asks the kernel about it. Whenever that is readable the host finds that it is no socket
 * (ENOTSOCK), says so, and goes on watching.
 */
function watchBySocket(func: (text: string) => CFunction, fd: number, f: () => void): Watch {
  const closeOnExec = O_CLOEXEC[process.platform]
  if (closeOnExec === undefined)
    throw new Error(`node:ffi cannot be used on ${process.platform}, which lacks dup3`)
  const number = func('int socket(int domain, int type, int protocol)')(AF_INET, SOCK_DGRAM, 0)
  const socket = createSocket('udp4')
  socket.on('error', f)
  socket.bind({ fd: number })
  if (number < 0 || func('int dup3(int oldfd, int newfd, int flags)')(fd, number, closeOnExec) < 0) {
    socket.close()
    throw new Error('no descriptor is left to watch another')
  }
  socket.unref()
  return socket
}
