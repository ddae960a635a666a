import { Option } from 'commander'
import { define } from './command.ts'
import { exchange } from './exchange.ts'
import { milliseconds, netOption, networkOf, waitOption } from './option.ts'
import { placeForms, placeOf } from './place.ts'
import type { Session, SessionOptions } from './session.ts'
import { size } from './traffic.ts'

interface DialOptions extends SessionOptions {
  readonly connectTimeout?: number
  readonly net?: string
  readonly wait: number
}

/** `netx dial`: connects, sends the input and prints the answer. */
export const dial = define<DialOptions>({
  name: 'dial',
  summary: 'connect, send the input and print the answer',
  description:
    'Connects, sends what standard input brings and prints what comes back, until both ways have ended.',
  argument: ['<place...>', 'where to connect to'],
  options: () => [
    new Option('--connect-timeout <ms>', 'how long connecting may take').argParser(milliseconds),
    waitOption,
    netOption,
  ],
  timeout: 'how long all of it may take',
  notes: placeForms,
  examples: [
    ['echo hello | netx dial localhost 7000', 'says hello to who listens on port 7000 of TCP'],
    ['netx dial --timeout 5000 unix /run/some.sock', 'talks to a Unix socket, for five seconds at most'],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: DialOptions): Promise<void> {
  const place = placeOf('dial', args)
  const limits = { timeout: options.connectTimeout, signal: session.ending.signal }
  await using over = await networkOf(options.net, session.ending)
  const { net } = over
  const conn = await (place.length === 1 ? net.dial(place[0], limits) : net.dial(...place, limits))
  const [network, local, remote] = [
    conn.remoteAddr.network,
    conn.localAddr.toString(),
    conn.remoteAddr.toString(),
  ]
  session.note(`connected to ${remote} from ${local}`, { event: 'connected', network, local, remote })
  const { sent, received } = await exchange(conn, session, options.wait)
  session.note(`ended: ${size(sent)} sent, ${size(received)} received`, { event: 'ended', sent, received })
}
