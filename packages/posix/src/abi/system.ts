import type { ABI } from './abi.ts'
import { darwin } from './darwin.ts'
import { freebsd } from './freebsd.ts'
import { linux } from './linux.ts'
import { openbsd } from './openbsd.ts'
import { platform } from './platform.ts'

// The only file that chooses by the system's name: what differs between kernels is asked of `abi` by name.

// Android is a linux with another C library; nothing has run there.
const systems: Partial<Record<string, ABI>> = { android: linux, darwin, freebsd, linux, openbsd }

/** The numbers of the running kernel, or undefined where sockets cannot be driven by system calls. */
export const system: ABI | undefined = systems[platform]

/**
 * The same for callers that have looked at {@link system}; on other systems it is linux's and must not be
 * used.
 */
export const abi: ABI = system ?? linux
