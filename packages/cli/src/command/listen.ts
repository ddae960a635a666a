import type { Addr, Conn, Listener, PacketConn } from '@net/core'
import { secureListener } from '@net/node/tls'
import { Option } from 'commander'
import { captureFile, captureOption } from '../relay/capture_file.ts'
import { define } from '../session/command.ts'
import { echo, exchange, receive } from '../relay/exchange.ts'
import { execute } from '../relay/exec.ts'
import { netOption, networkOf, waitOption } from '../session/option.ts'
import { placeForms, placeOf } from '../session/place.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked } from '../session/status.ts'
import { certificateOptions, serverCertificate, type CertificateFiles } from '../session/tls_files.ts'
import { size } from '../relay/traffic.ts'
import { UsageError } from '../session/usage_error.ts'

interface ListenOptions extends SessionOptions, CertificateFiles {
  readonly keep?: boolean
  readonly echo?: boolean
  readonly exec?: string
  readonly net?: string
  readonly pcap?: string
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
  options: () => [
    new Option('--keep', 'take one connection beside the other, until SIGINT or SIGTERM, and send nothing'),
    new Option('--echo', 'send back what comes, instead of printing it'),
    new Option(
      '--exec <command>',
      'run a command of the shell for each connection: it reads what comes, and answers',
    ),
    ...certificateOptions,
    captureOption,
    waitOption,
    netOption,
  ],
  timeout: 'how long all of it may take, with the waiting',
  notes: placeForms,
  examples: [
    ['netx listen 7000', 'waits for a connection to port 7000 of TCP, and talks to it'],
    ["netx listen --keep --exec 'tr a-z A-Z' 127.0.0.1 7000", 'answers in capitals'],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ListenOptions): Promise<void> {
  const place = placeOf('listen', args)
  const tls = serverCertificate(options)
  if (options.exec !== undefined && options.echo === true) throw new UsageError('either --echo or --exec')
  const { ending } = session
  await using over = await networkOf(options.net, ending)
  const { net } = over
  await using capture = await captureFile(session, options.pcap)
  if (place[0].startsWith('udp') || place[0] === 'unixgram') {
    if (tls !== undefined) throw new UsageError('TLS is for connections')
    if (options.exec !== undefined) throw new UsageError('--exec is for connections')
    const socket = await (place.length === 1
      ? net.listenPacket(place[0], ending)
      : net.listenPacket(...place, ending))
    await using packets = capture.tap(socket)
    listening(session, packets.localAddr)
    await asked(takePackets(session, packets, options), ending)
    return
  }
  const plain = await (place.length === 1 ? net.listen(place[0], ending) : net.listen(...place, ending))
  const seen = capture.listener(plain)
  await using listener = tls === undefined ? seen : secureListener(seen, tls)
  listening(session, listener.addr)
  if (options.keep === true) {
    await asked(serveAll(session, listener, options), ending)
    return
  }
  const conn = await listener.accept(ending)
  await listener.close()
  await serve(session, conn, options)
}

function listening(session: Session, addr: Addr): void {
  const { network } = addr
  const address = addr.toString()
  session.say(`listening on ${network} ${address}`, { event: 'listening', network, address })
}

/** Serves every connection that comes. Never resolves; rejects when the listener or the command ends. */
async function serveAll(session: Session, listener: Listener, options: ListenOptions): Promise<never> {
  for (;;) {
    const conn = await listener.accept(session.ending)
    // A connection that fails does not make the command fail. One that the command itself ended is not told
    // of.
    serve(session, conn, options).catch((e: unknown) => {
      if (!session.ending.isOver) session.warn(e)
    })
  }
}

/** Does with a connection what the options say, and closes it. */
async function serve(session: Session, conn: Conn, options: ListenOptions): Promise<void> {
  const remote = conn.remoteAddr.toString()
  session.note(`${remote} connects`, { event: 'connected', network: conn.remoteAddr.network, remote })
  const { sent, received } = await talk(session, conn, options).finally(() => conn.close())
  const bytes = `${size(sent)} sent, ${size(received)} received`
  session.note(`${remote} ended: ${bytes}`, { event: 'ended', remote, sent, received })
}

interface Bytes {
  readonly sent: number
  readonly received: number
}

async function talk(session: Session, conn: Conn, options: ListenOptions): Promise<Bytes> {
  if (options.echo === true) {
    const bytes = await echo(conn, session.ending)
    return { sent: bytes, received: bytes }
  }
  if (options.exec !== undefined) return await execute(options.exec, conn, session.ending)
  if (options.keep === true) return { sent: 0, received: await receive(conn, session) }
  return await exchange(conn, session, options.wait)
}

/** Prints packets, or sends them back. Never resolves; rejects when the socket or the command ends. */
async function takePackets(session: Session, packets: PacketConn, options: ListenOptions): Promise<never> {
  const p = new Uint8Array(65536) // a packet is never longer
  for (;;) {
    const [bytes, from] = await packets.readFrom(p, session.ending)
    const remote = from.toString()
    session.note(`${bytes} bytes from ${remote}`, { event: 'packet', remote, bytes })
    if (options.echo !== true) {
      await session.write(p.slice(0, bytes))
      continue
    }
    try {
      await packets.writeTo(p.subarray(0, bytes), from, session.ending)
    } catch (e) {
      if (session.ending.isOver) throw e
      session.warn(e) // a sender that takes no answer
    }
  }
}
