import { parseArgs } from 'node:util'
import type { PacketConn } from '@net/core'
import { exchange, type Terminal } from './exchange.ts'
import { milliseconds, networkOf, WAIT } from './option.ts'
import { UsageError } from './usage.ts'

/**
 * `netx listen`: takes one connection, sends it the input and prints what it says. Packets are printed as they come,
 * until the process is ended.
 */
export async function listen(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' }, wait: { type: 'string' } },
  })
  const [network, address, ...rest] = positionals
  if (network === undefined || address === undefined || rest.length > 0) {
    throw new UsageError('listen wants a network and an address')
  }
  const wait = milliseconds('wait', values.wait, WAIT)
  await using over = networkOf(values.net)
  if (network.startsWith('udp')) {
    await using packets = await over.net.listenPacket(network, address)
    terminal.messages.write(`listening on ${network} ${packets.localAddr.toString()}\n`)
    await print(packets, terminal)
    return
  }
  await using listener = await over.net.listen(network, address)
  terminal.messages.write(`listening on ${network} ${listener.addr.toString()}\n`)
  const conn = await listener.accept()
  await listener.close()
  await exchange(conn, terminal, wait)
}

/** Prints packets until the process is ended. */
async function print(packets: PacketConn, { output, messages }: Terminal): Promise<void> {
  for await (const [packet, from] of packets) {
    messages.write(`${packet.byteLength} bytes from ${from.toString()}\n`)
    output.write(packet)
  }
}
