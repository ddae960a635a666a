import { plan9 as over, type Plan9Options, type Plan9Target } from '@net/plan9'
import { nativeDial } from '../native_dial.ts'

/**
 * `plan9` of `@net/plan9`, with the running system's own stack to dial the address of a 9P server: the default of `dial`.
 */
export function plan9(options: Plan9Options = {}): Plan9Target {
  return over({ dial: nativeDial, ...options })
}
