import { readFileSync } from 'node:fs'
import { system } from '../base/system.ts'

const UNKNOWN = 1024 // descriptors, where the system is not asked

/** How many descriptors this process may have: RLIMIT_NOFILE, as it is now, on linux; elsewhere 1024. */
export function maxDescriptors(): number {
  if (!system.hasProc) return UNKNOWN
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? UNKNOWN : Number(soft)
  } catch {
    return UNKNOWN // without /proc
  }
}
