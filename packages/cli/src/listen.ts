import { parseArgs } from 'node:util'
import type { Addr, PacketConn } from '@net/core'
import { exchange, type Terminal } from './exchange.ts'
import { milliseconds, networkOf, placeOf, WAIT } from './option.ts'

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
  const place = placeOf('listen', positionals)
  const wait = milliseconds('wait', values.wait, WAIT)
  await using over = networkOf(values.net)
  const { net } = over
  const listening = (addr: Addr): void => {
    terminal.messages.write(`listening on ${addr.network} ${addr.toString()}\n`)
  }
  if (place[0].startsWith('udp')) {
    await using packets = await (place.length === 1 ? net.listenPacket(place[0]) : net.listenPacket(...place))
    listening(packets.localAddr)
    await print(packets, terminal)
    return
  }
  await using listener = await (place.length === 1 ? net.listen(place[0]) : net.listen(...place))
  listening(listener.addr)
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
