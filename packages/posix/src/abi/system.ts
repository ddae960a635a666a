import type { ABI } from './abi.ts'
import { darwin } from './darwin.ts'
import { freebsd } from './freebsd.ts'
import { linux } from './linux.ts'
import { openbsd } from './openbsd.ts'

const systems: Partial<Record<NodeJS.Platform, ABI>> = { darwin, freebsd, linux, openbsd }

/** The numbers of the running kernel, or undefined where sockets cannot be driven by system calls. */
export const system: ABI | undefined = systems[process.platform]

/** The same where the caller has made sure of it: nothing of it is used before {@link system} was looked at. */
export const abi: ABI = system ?? linux
