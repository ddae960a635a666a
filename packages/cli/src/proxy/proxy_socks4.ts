import { IP } from '@net/core'
import type { Conn } from '@net/core'
import type { Greeting } from './greeting.ts'
import type { Proxy } from './proxy.ts'
import { dismiss } from '../relay/relay.ts'

const CONNECT = 1
const GRANTED = 0x5a
const REJECTED = 0x5b

/**
 * SOCKS 4, and 4A, whose requests have a name in the place of an address that begins with 0.0.0: CONNECT alone.
 * It knows no passwords, so a proxy that asks for some refuses it. The version has been read.
 *
 * | 4 | command | port, 2 bytes | address, 4 bytes | user | 0 |, and of 4A | name | 0 |
 */
export async function socks4(client: Conn, proxy: Proxy, greeting: Greeting): Promise<void> {
  const [command = 0, high = 0, low = 0, ...bytes] = await greeting.take(7)
  await greeting.takeUntil(0)
  const isNamed = bytes.slice(0, 3).every((byte) => byte === 0) && bytes[3] !== 0
  const host = isNamed
    ? Buffer.from(await greeting.takeUntil(0)).toString('latin1')
    : IP.from(Uint8Array.from(bytes)).toString()
  if (command !== CONNECT || proxy.login !== undefined) {
    await dismiss(client, reply(REJECTED))
    return
  }
  proxy.greeted(client)
  await proxy.connect(client, host, high * 256 + low, greeting.rest, {
    granted: () => reply(GRANTED),
    refused: () => reply(REJECTED),
  })
}

// | 0 | reply | 6 bytes that nobody reads |
function reply(code: number): Uint8Array {
  return Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0)
}
