import { parseArgs } from 'node:util'
import { milliseconds, networkOf, placeOf, WAIT } from './option.ts'
import { exchange, type Terminal } from './exchange.ts'

/** `netx dial`: connects, sends the input and prints the answer. */
export async function dial(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' }, timeout: { type: 'string' }, wait: { type: 'string' } },
  })
  const place = placeOf('dial', positionals)
  const timeout = milliseconds('timeout', values.timeout, 0)
  const wait = milliseconds('wait', values.wait, WAIT)
  await using over = networkOf(values.net)
  const { net } = over
  const conn = await (place.length === 1 ? net.dial(place[0], { timeout }) : net.dial(...place, { timeout }))
  await exchange(conn, terminal, wait)
}
