import type { Conn, Net } from '@net/core'
import { tlsClient } from '@net/node/tls'
import { Option } from 'commander'
import { captureFile, captureOption, type CaptureFile } from '../relay/capture_file.ts'
import { define } from '../session/command.ts'
import { exchange } from '../relay/exchange.ts'
import { milliseconds, netOption, networkOf, waitOption } from '../session/option.ts'
import { hostOf, placeForms, placeOf, type Place } from '../session/place.ts'
import { checkPorts } from '../relay/port_check.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { certificateOptions, clientCertificate, type CertificateFiles } from '../session/tls_files.ts'
import { size } from '../relay/traffic.ts'

interface DialOptions extends SessionOptions, CertificateFiles {
  readonly check?: boolean
  readonly connectTimeout?: number
  readonly tls?: boolean
  readonly serverName?: string
  readonly net?: string
  readonly pcap?: string
  readonly wait: number
}

/** `netx dial`: connects, sends the input and prints the answer; or tells which ports take connections. */
export const dial = define<DialOptions>({
  name: 'dial',
  summary: 'connect, send the input and print the answer',
  description:
    'Connects, sends what standard input brings and prints what comes back, until both ways have ended. With -z it ' +
    'tells which ports of a host take connections.',
  argument: ['<place...>', 'where to connect to; with -z a host and ports: localhost 80 8000-8010'],
  options: () => [
    new Option('-z, --check', 'only tell which ports are open; the exit code is 0 when all of them are'),
    new Option('--connect-timeout <ms>', 'how long connecting may take').argParser(milliseconds),
    new Option('--tls', 'speak TLS, with a server that an authority of the system or of --ca vouches for'),
    new Option('--server-name <name>', "the name that the server's certificate must have; absent: the host"),
    ...certificateOptions,
    captureOption,
    waitOption,
    netOption,
  ],
  timeout: 'how long all of it may take',
  notes: placeForms,
  examples: [
    ['echo hello | netx dial localhost 7000', 'says hello to who listens on port 7000 of TCP'],
    ['netx dial -z --connect-timeout 1000 localhost 22 80 8000-8010', 'tells which of these ports are open'],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: DialOptions): Promise<void> {
  await using over = await networkOf(options.net, session.ending)
  if (options.check === true) return await checkPorts(session, over.net, args, options.connectTimeout)
  await using capture = await captureFile(session, options.pcap)
  const conn = await connect(session, over.net, capture, placeOf('dial', args), options)
  const { network } = conn.remoteAddr
  const [local, remote] = [conn.localAddr.toString(), conn.remoteAddr.toString()]
  session.note(`connected to ${remote} from ${local}`, { event: 'connected', network, local, remote })
  const { sent, received } = await exchange(conn, session, options.wait)
  session.note(`ended: ${size(sent)} sent, ${size(received)} received`, { event: 'ended', sent, received })
}

async function connect(
  session: Session,
  net: Net,
  capture: CaptureFile,
  place: Place,
  options: DialOptions,
): Promise<Conn> {
  const speaksTLS = options.tls ?? [options.ca, options.cert].some((file) => file !== undefined)
  const tls = speaksTLS ? clientCertificate(options, options.serverName ?? hostOf(place)) : undefined
  using scope = session.scope(options.connectTimeout)
  const { signal } = scope
  const dialled = await (place.length === 1 ? net.dial(place[0], { signal }) : net.dial(...place, { signal }))
  const conn = capture.tap(dialled)
  return tls === undefined ? conn : await tlsClient(conn, tls, { signal })
}
