// What hosts have to be told of the C library, where koffi finds it by itself.

/**
 * The name by which the C library is loaded, glibc's or musl's on linux (musl takes every name that begins with 'libc.'
 * for itself).
 */
export const libcName = process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6'

const errnoFunctions: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '__error',
  freebsd: '__error',
  openbsd: '__errno',
}

/** The function that gives the address of the thread's errno. */
export const errnoFunction = errnoFunctions[process.platform] ?? '__errno_location'
