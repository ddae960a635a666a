import { byteLengthOf, Errno, isBytes, SyscallError } from '@net/contract'
import { isLogging, log } from '@net/io'
import { EINTR } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { CArgument, CFunction, FFI } from '../ffi/ffi.ts'
import { bindings, ffi, type Binding } from './ffi.ts'

// The C library's functions are bound when they are first called, or all together when the first of them is. Each call
// below gives what the kernel gives: the result, or the negated error number.

/**
 * Where the thread's error number is, once a function is bound. It is read right behind the call that left it and by no function:
 * whenever JavaScript enters one, the engine may let its collector and compilers go on, and the kernel's refusals of their waits for
 * each other (futex) are error numbers, too.
 */
let errno: ArrayLike<number> = [0]

/** A function of the C library. */
class Declared implements Binding {
  /** The function, which its first call binds. That throws when the system does not have it. */
  f: CFunction
  readonly #declaration: string

  constructor(declaration: string) {
    this.#declaration = declaration
    this.f = (...args) => this.#bound(ffi())(...args)
    bindings.push(this)
  }

  /** Binds the function if the system has it. */
  bind(to: FFI): void {
    try {
      this.#bound(to)
    } catch {
      // Not every system has every function: one that is missing throws when it is called.
    }
  }

  #bound(to: FFI): CFunction {
    errno = to.errno
    const f = to.func(this.#declaration)
    return (this.f = isLogging ? logged(this.#declaration, f) : f)
  }
}

/** A function of the C library that writes each of its calls to the log: 'recv(17, 64 bytes, 64, 0) = ECONNRESET'. */
function logged(declaration: string, f: CFunction): CFunction {
  const name = /\w+(?=\()/.exec(declaration)?.[0] ?? declaration
  return (...args) => {
    const result = f(...args)
    const shown = args.map((arg) => (isBytes(arg) ? `${arg.byteLength} bytes` : String(arg)))
    log(`${name}(${shown.join(', ')}) = ${result < 0 ? errnoOf(0 - (errno[0] ?? 0)).code : result}`)
    return result
  }
}

/**
 * A system call that is not on a hot path: the result or the negated error number; interrupted calls are
 * repeated.
 */
export function syscall(declaration: string): (...args: CArgument[]) => number {
  const bound = new Declared(declaration)
  return (...args) => {
    for (;;) {
      const r = bound.f(...args)
      if (r >= 0) return r
      const e = 0 - (errno[0] ?? 0)
      if (e !== EINTR) return e
    }
  }
}

/** socketpair(2) */
export const socketpair = syscall('int socketpair(int domain, int type, int protocol, void *sv)')
/** bind(2) */
export const bind = syscall('int bind(int fd, const void *addr, uint32_t addrlen)')
/** listen(2) */
export const listen = syscall('int listen(int fd, int backlog)')
/** shutdown(2) */
export const shutdown = syscall('int shutdown(int fd, int how)')
/** getpeername(2) */
export const getpeername = syscall('int getpeername(int fd, void *addr, void *addrlen)')
/** getsockopt(2) */
export const getsockopt = syscall('int getsockopt(int fd, int level, int name, void *value, void *length)')
/** dup2(2) */
export const dup2 = syscall('int dup2(int oldfd, int newfd)')
/** dup3(2); darwin lacks it */
export const dup3 = syscall('int dup3(int oldfd, int newfd, int flags)')
/** accept(2) */
export const accept = syscall('int accept(int fd, void *addr, void *addrlen)')
/** unlink(2) */
export const unlink = syscall('int unlink(const char *path)')
/** if_nametoindex(3); 0 when there is no such interface */
export const ifNameToIndex = syscall('uint32_t if_nametoindex(const char *name)')
/** if_indextoname(3) into a buffer of IF_NAMESIZE bytes; 0 when there is no such interface */
export const ifIndexToName = syscall('uintptr_t if_indextoname(uint32_t index, void *name)')

// fcntl must be declared as variadic: darwin on arm64 passes variadic arguments on the stack, others in
// registers.
const fcntlFunction = syscall('int fcntl(int fd, int cmd, ...)')

/** fcntl(2) with an int */
export function fcntl(fd: number, cmd: number, arg: number): number {
  return fcntlFunction(fd, cmd, 'int', arg)
}

const closeFunction = new Declared('int close(int fd)')

/**
 * close(2). An interrupted close has closed: it is not repeated, lest it hit a new descriptor of the same
 * number.
 */
export function close(fd: number): number {
  return closeFunction.f(fd) < 0 ? 0 - (errno[0] ?? 0) : 0
}

/** close(2) on another thread, for a descriptor whose close may wait (SO_LINGER). */
export function closeAsync(fd: number): Promise<void> {
  return new Promise((resolve) => {
    ffi().closeAsync(fd, resolve)
  })
}

// Every read and write makes one of the calls below. They are spelled out, not made by syscall(), so that V8
// gives each an inline cache of its own. They never wait (MSG_DONTWAIT): O_NONBLOCK belongs to the open file,
// and another process that has it, as a child whose standard input it is, may have switched it off. POSIX lets
// even these be interrupted, and then they are repeated as all others are.
// No length is believed that a buffer does not have in memory: a subclass of Uint8Array may say what it likes.

const recvFunction = new Declared('intptr_t recv(int fd, void *buf, size_t len, int flags)')

/** recv(2) */
export function recv(fd: number, p: Uint8Array, length: number, flags: number): number {
  const n = recvFunction.f(fd, p, Math.min(length, byteLengthOf(p)), flags | abi.MSG_DONTWAIT)
  if (n >= 0) return n
  const e = 0 - (errno[0] ?? 0)
  return e === EINTR ? recv(fd, p, length, flags) : e
}

const sendFunction = new Declared('intptr_t send(int fd, const void *buf, size_t len, int flags)')

/** send(2) */
export function send(fd: number, p: Uint8Array, length: number, flags: number): number {
  const n = sendFunction.f(fd, p, Math.min(length, byteLengthOf(p)), flags | abi.MSG_DONTWAIT)
  if (n >= 0) return n
  const e = 0 - (errno[0] ?? 0)
  return e === EINTR ? send(fd, p, length, flags) : e
}

const recvfromFunction = new Declared(
  'intptr_t recvfrom(int fd, void *buf, size_t len, int flags, void *addr, void *addrlen)',
)

/** recvfrom(2) */
export function recvfrom(
  fd: number,
  p: Uint8Array,
  length: number,
  flags: number,
  addr: Uint8Array,
  addrlen: Uint8Array,
): number {
  const n = recvfromFunction.f(
    fd,
    p,
    Math.min(length, byteLengthOf(p)),
    flags | abi.MSG_DONTWAIT,
    addr,
    addrlen,
  )
  if (n >= 0) return n
  const e = 0 - (errno[0] ?? 0)
  return e === EINTR ? recvfrom(fd, p, length, flags, addr, addrlen) : e
}

const sendtoFunction = new Declared(
  'intptr_t sendto(int fd, const void *buf, size_t len, int flags, const void *addr, uint32_t addrlen)',
)

/** sendto(2) */
export function sendto(
  fd: number,
  p: Uint8Array,
  length: number,
  flags: number,
  addr: Uint8Array,
  addrlen: number,
): number {
  const n = sendtoFunction.f(
    fd,
    p,
    Math.min(length, byteLengthOf(p)),
    flags | abi.MSG_DONTWAIT,
    addr,
    addrlen,
  )
  if (n >= 0) return n
  const e = 0 - (errno[0] ?? 0)
  return e === EINTR ? sendto(fd, p, length, flags, addr, addrlen) : e
}

const accept4Function = new Declared('int accept4(int fd, void *addr, void *addrlen, int flags)')

/** accept4(2) */
export function accept4(fd: number, addr: Uint8Array, addrlen: Uint8Array, flags: number): number {
  const n = accept4Function.f(fd, addr, addrlen, flags)
  if (n >= 0) return n
  const e = 0 - (errno[0] ?? 0)
  return e === EINTR ? accept4(fd, addr, addrlen, flags) : e
}

// Every dial makes the calls below, which are spelled out for the same reason. None of them is ever interrupted.

const socketFunction = new Declared('int socket(int domain, int type, int protocol)')

/** socket(2) */
export function socket(domain: number, type: number, protocol: number): number {
  const fd = socketFunction.f(domain, type, protocol)
  return fd >= 0 ? fd : 0 - (errno[0] ?? 0)
}

const connectFunction = new Declared('int connect(int fd, const void *addr, uint32_t addrlen)')

/** connect(2), of a non-blocking socket */
export function connect(fd: number, addr: Uint8Array, addrlen: number): number {
  return connectFunction.f(fd, addr, addrlen) < 0 ? 0 - (errno[0] ?? 0) : 0
}

const getsocknameFunction = new Declared('int getsockname(int fd, void *addr, void *addrlen)')

/** getsockname(2) */
export function getsockname(fd: number, addr: Uint8Array, addrlen: Uint8Array): number {
  return getsocknameFunction.f(fd, addr, addrlen) < 0 ? 0 - (errno[0] ?? 0) : 0
}

const setsockoptFunction = new Declared(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
)

/** setsockopt(2) */
export function setsockopt(
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: number,
): number {
  return setsockoptFunction.f(fd, level, name, value, length) < 0 ? 0 - (errno[0] ?? 0) : 0
}

const schedYieldFunction = new Declared('int sched_yield()')

/** sched_yield(2) */
export function schedYield(): void {
  schedYieldFunction.f()
}

const names = new Map(Object.entries(abi.errno).map(([name, number]) => [number, name]))
const errnos = new Map<number, Errno>()

/** The error of a negated error number. There is one object for each number. */
export function errnoOf(result: number): Errno {
  let e = errnos.get(result)
  if (e === undefined) {
    e = new Errno(names.get(-result) ?? String(-result), -result)
    errnos.set(result, e)
  }
  return e
}

/** The error of a system call that gave a negated error number. */
export function syscallError(call: string, result: number): SyscallError {
  return new SyscallError(call, errnoOf(result))
}
