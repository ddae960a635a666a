import { parseArgs } from 'node:util'
import { milliseconds, networkOf, WAIT } from './option.ts'
import { exchange, type Terminal } from './exchange.ts'
import { UsageError } from './usage.ts'

/** `netx dial`: connects, sends the input and prints the answer. */
export async function dial(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' }, timeout: { type: 'string' }, wait: { type: 'string' } },
  })
  const [network, address, ...rest] = positionals
  if (network === undefined || address === undefined || rest.length > 0) {
    throw new UsageError('dial wants a network and an address')
  }
  const timeout = milliseconds('timeout', values.timeout, 0)
  const wait = milliseconds('wait', values.wait, WAIT)
  await using over = networkOf(values.net)
  await exchange(await over.net.dial(network, address, { timeout }), terminal, wait)
}
