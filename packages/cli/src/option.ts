import { defaultNet, Net, type DialString } from '@net/core'
import { plan9 } from '@net/core/plan9'
import { UsageError } from './usage.ts'

/** How long datagrams are waited for after the input's end, in milliseconds. */
export const WAIT = 1000

/** The value of an option that is a number of milliseconds. */
export function milliseconds(name: string, value: string | undefined, absent: number): number {
  if (value === undefined) return absent
  if (!/^\d+$/.test(value)) throw new UsageError(`--${name} wants a number of milliseconds`)
  return Number(value)
}

/** The network of `--net`, or of this machine. Disposing of it closes what it has connected to by itself. */
export function networkOf(where: string | undefined): AsyncDisposable & { readonly net: Net } {
  if (where === undefined) return { net: defaultNet(), [Symbol.asyncDispose]: async () => {} }
  const target = plan9({ net: where })
  return { net: new Net(target), [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() }
}

/** Where a command dials or listens: a network and an address, or a dial string alone. */
export type Place = readonly [network: string, address: string] | readonly [dialString: DialString]

/** Reads a place off the arguments of a command. */
export function placeOf(command: string, args: readonly string[]): Place {
  const [first, address, ...rest] = args
  if (first !== undefined && rest.length === 0) {
    if (address !== undefined) return [first, address]
    if (isDialString(first)) return [first]
  }
  throw new UsageError(`${command} wants a network and an address, or a dial string`)
}

function isDialString(text: string): text is DialString {
  return text.includes('!')
}
