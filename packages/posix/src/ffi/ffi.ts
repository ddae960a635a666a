/** What a C function takes: numbers, strings, and buffers by their address. */
export type CArgument = number | bigint | string | Uint8Array | null

/** A C function that gives a number. */
export type CFunction = (...args: CArgument[]) => number

/** A C function that runs on another thread and tells its result there. */
export type AsyncCFunction = (
  ...args: [...CArgument[], callback: (error: Error | null, result: number) => void]
) => void

/** A descriptor watched by the host's event loop. */
export interface Watch {
  /** Lets the watch keep the process alive. */
  ref(): void
  /** Lets the process exit although the watch is on. */
  unref(): void
  /** Ends the watch. */
  close(): void
}

/** The functions of a library by their declaration. Buffers are passed by address and not copied. */
export interface Library {
  /** Binds a function. Throws when the library does not have it. */
  func(declaration: string): CFunction
  /** The address of a buffer's first byte. */
  address(buffer: Uint8Array): bigint
}

/**
 * What the package needs of a foreign function interface: functions of the C library, errno, and the event loop's own watch on a
 * descriptor.
 */
export interface FFI extends Library {
  /** Binds a function of the C library to be run on another thread. */
  asyncFunc(declaration: string): AsyncCFunction
  /** The error number that the last call on this thread left. */
  errno(): number
  /** Calls `f` whenever the descriptor is readable. The watch starts as if unref'd. */
  watch(fd: number, f: () => void): Watch
}
