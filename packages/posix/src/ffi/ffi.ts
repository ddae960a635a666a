/** What a C function takes: numbers, strings, and buffers by their address. */
export type CArgument = number | bigint | string | Uint8Array | null

/** A C function that gives a number. */
export type CFunction = (...args: CArgument[]) => number

/** A descriptor watched by the host's event loop for as long as its thread lives. */
export interface Watch {
  /** Lets the watch keep the process alive. */
  ref(): void
  /** Lets the process exit although the watch is on. */
  unref(): void
}

/** The functions of a library by their declaration. Buffers are passed by address and not copied. */
export interface Library {
  /** Binds a function. Throws when the library does not have it. A variadic argument is passed with its type before it. */
  func(declaration: string): CFunction
  /**
   * The address of a buffer's first byte. It is asked of the ArrayBuffer: engines keep the bytes of a small buffer with the
   * object until somebody wants that, and move them then.
   */
  address(buffer: Uint8Array): bigint
}

/** A watch that can be ended. */
export interface SocketWatch extends Watch {
  /** Ends it. */
  close(): void
}

/** A library of Windows, whose event loop watches sockets and no descriptors. */
export interface WindowsLibrary extends Library {
  /** Calls `f` whenever the SOCKET is readable. The watch starts as if unref'd. Throws in a worker thread, which must not have one. */
  watch(socket: number, f: () => void): SocketWatch
}

/**
 * What the package needs of a foreign function interface: functions of the C library, errno, and the event loop's own watch on a
 * descriptor.
 */
export interface FFI extends Library {
  /** Whether functions are to be bound all together at first, as the end of a worker thread must not interrupt a binding. */
  readonly bindsTogether: boolean
  /** Closes a descriptor on another thread, as that may wait, and calls `done` then, whether or not it failed. */
  closeAsync(fd: number, done: () => void): void
  /** The memory of the thread's error number, as its only element. */
  readonly errno: ArrayLike<number>
  /** Calls `f` whenever the descriptor is readable. The watch starts as if unref'd. */
  watch(fd: number, f: () => void): Watch
}
