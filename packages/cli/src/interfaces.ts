import { parseArgs } from 'node:util'
import type { Interface } from '@net/core'
import type { Terminal } from './exchange.ts'
import { networkOf } from './option.ts'
import { UsageError } from './usage.ts'

/** `netx interfaces`: prints the network interfaces, or one of them, each with its addresses. */
export async function interfaces(args: string[], { output }: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' } },
  })
  const [name, ...rest] = positionals
  if (rest.length > 0) throw new UsageError('interfaces wants one name at most')
  await using over = networkOf(values.net)
  const { net } = over
  const shown = name === undefined ? await net.interfaces() : [await net.interfaceByName(name)]
  for (const one of shown) output.write(await text(one))
}

async function text(one: Interface): Promise<string> {
  const { index, name, mtu, flags, hardwareAddr } = one
  const link = hardwareAddr === null ? '' : ` ${hardwareAddr.toString()}`
  const lines = [`${index} ${name} ${flags.toString()} mtu ${mtu}${link}`]
  for (const addr of await one.addrs()) lines.push(`  ${addr.toString()}`)
  return `${lines.join('\n')}\n`
}
