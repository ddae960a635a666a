import { statSync } from 'node:fs'
import { defaultNet, Net } from '@net/core'
import { dialNet, plan9 } from '@net/core/plan9'
import type { Ending } from '@net/io'
import { InvalidArgumentError, Option } from 'commander'

// A timer of Node can't wait longer than that.
const LONGEST = 2 ** 31 - 1

/** Reads an option that is a number of milliseconds. */
export function milliseconds(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It is a number of milliseconds.')
  return Math.min(Number(value), LONGEST)
}

/** The option that says through which network a command goes. */
export const netOption = new Option('--net <where>', 'go through the /net that is mounted or exported there')

/**
 * The network of `--net`, or of this machine. Where that is a `/net` at an address, it connects; disposing of
 * the result, or `ending`, closes the connection, and so ends whatever still waits for the server. Rejects as
 * dialNet does.
 */
export async function networkOf(
  where: string | undefined,
  ending: Ending,
): Promise<AsyncDisposable & { readonly net: Net }> {
  if (where === undefined) return { net: defaultNet(), [Symbol.asyncDispose]: async () => {} }
  const address = isSocket(where) ? `unix!${where}` : where
  if (!address.includes('!')) {
    const target = plan9({ net: where })
    return { net: new Net(target), [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() }
  }
  const tree = await dialNet(address, { signal: ending.signal })
  const closing = { ended: () => void tree.close() }
  ending.add(closing)
  return {
    net: new Net(plan9({ net: tree })),
    async [Symbol.asyncDispose]() {
      ending.delete(closing)
      await tree.close()
    },
  }
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

/** The option that says how long packets are waited for. */
export const waitOption = new Option('--wait <ms>', "how long to wait for packets after the input's end")
  .argParser(milliseconds)
  .default(1000)
