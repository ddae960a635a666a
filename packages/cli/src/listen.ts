import type { Addr, PacketConn } from '@net/core'
import { define } from './command.ts'
import { exchange } from './exchange.ts'
import { netOption, networkOf, waitOption } from './option.ts'
import { placeForms, placeOf } from './place.ts'
import type { Session, SessionOptions } from './session.ts'
import { size } from './traffic.ts'

interface ListenOptions extends SessionOptions {
  readonly net?: string
  readonly wait: number
}

/** `netx listen`: takes one connection, sends it the input and prints what it says; prints packets. */
export const listen = define<ListenOptions>({
  name: 'listen',
  summary: 'take a connection and talk to it, or print packets',
  description:
    'Takes one connection, sends it what standard input brings and prints what comes, until both ways have ended. ' +
    'Packets are printed as they come, until netx is ended.',
  argument: ['<place...>', 'where to listen; port 0 is any free one'],
  options: () => [waitOption, netOption],
  timeout: 'how long all of it may take, with the waiting',
  notes: placeForms,
  examples: [
    ['netx listen 7000', 'waits for a connection to port 7000 of TCP, and talks to it'],
    ['netx listen -v udp 127.0.0.1 9999', 'prints packets, and from whom they are'],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ListenOptions): Promise<void> {
  const place = placeOf('listen', args)
  const { ending } = session
  await using over = await networkOf(options.net, session.ending)
  const { net } = over
  if (place[0].startsWith('udp')) {
    await using packets = await (place.length === 1
      ? net.listenPacket(place[0], ending)
      : net.listenPacket(...place, ending))
    tell(session, packets.localAddr)
    await print(session, packets)
    return
  }
  await using listener = await (place.length === 1
    ? net.listen(place[0], ending)
    : net.listen(...place, ending))
  tell(session, listener.addr)
  const conn = await listener.accept(ending)
  await listener.close()
  const remote = conn.remoteAddr.toString()
  session.note(`${remote} connects`, { event: 'connected', network: conn.remoteAddr.network, remote })
  const { sent, received } = await exchange(conn, session, options.wait)
  session.note(`${remote} ended: ${size(sent)} sent, ${size(received)} received`, {
    event: 'ended',
    remote,
    sent,
    received,
  })
}

function tell(session: Session, addr: Addr): void {
  const { network } = addr
  const address = addr.toString()
  session.say(`listening on ${network} ${address}`, { event: 'listening', network, address })
}

/** Prints packets until the command is ended. */
async function print(session: Session, packets: PacketConn): Promise<void> {
  const p = new Uint8Array(65536) // a packet is never longer
  for (;;) {
    const [bytes, from] = await packets.readFrom(p, session.ending)
    const remote = from.toString()
    session.say(`${bytes} bytes from ${remote}`, { event: 'packet', remote, bytes })
    await session.write(p.slice(0, bytes))
  }
}
