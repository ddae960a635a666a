import { plan9 as over, type Plan9Options, type Plan9Target } from '@net/plan9'
import { nativeDial } from '../native_dial.ts'

/**
 * `plan9` of `@net/plan9`, with the running system's own stack to dial the address of a 9P server: the default of `dial`.
 *
 * @example
 * ```ts
 * import { defaultNet, Net } from '@net/core'
 * import { embeddedNet, plan9 } from '@net/core/plan9'
 *
 * const net = new Net(plan9({ net: embeddedNet(defaultNet().target) }))
 * const listener = await net.listen('tcp', '127.0.0.1:0')
 * const conn = await net.dial('tcp', listener.addr.toString())
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export function plan9(options: Plan9Options = {}): Plan9Target {
  return over({ dial: nativeDial, ...options })
}
