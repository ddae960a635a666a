import { defaultNet, type Addr, type Conn, type Net } from '@net/core'
import { captureFile, captureOption, type CaptureFile } from '../relay/capture_file.ts'
import { define } from '../session/command.ts'
import { forwardingForms, forwardingOptions, type Forwarding } from '../relay/forwarding.ts'
import { netOption, networkOf } from '../session/option.ts'
import { PacketRelay } from '../relay/packet_relay.ts'
import { Services, type Service } from '../relay/services.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked, count, Status } from '../session/status.ts'
import { StreamRelay } from '../relay/stream_relay.ts'
import { Traffic } from '../relay/traffic.ts'
import { UsageError } from '../session/usage_error.ts'

interface ForwardOptions extends SessionOptions {
  readonly local?: readonly Forwarding[]
  readonly remote?: readonly Forwarding[]
  readonly net?: string
  readonly pcap?: string
}

/** `netx forward`: passes connections and packets on, here and through another network. */
export const forward = define<ForwardOptions>({
  name: 'forward',
  summary: 'pass connections and packets on, also from one network to another',
  description:
    'Listens and passes every connection, or packet, on to an address, until it is asked to end by SIGINT or SIGTERM. With ' +
    '--net, -L listens here and dials there, -R listens there and dials here.',
  options: () => [...forwardingOptions(), captureOption, netOption],
  timeout: 'how long it serves',
  notes: forwardingForms,
  examples: [
    ['netx forward -L 8080:127.0.0.1:80', 'gives port 80 another number'],
    [
      'netx forward --net $HOME/net -L 5432:db:5432 -R 8080:127.0.0.1:3000',
      'uses a database there, and shows a server there',
    ],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ForwardOptions): Promise<void> {
  const forwardings = options.local ?? options.remote ?? []
  if (forwardings.length === 0 || args.length > 0)
    throw new UsageError('forward wants -L or -R, and nothing else')
  await using over = await networkOf(options.net, session.ending)
  const traffic = new Traffic()
  await using capture = await captureFile(session, options.pcap)
  await using services = new Services()
  for (const forwarding of forwardings) {
    const here = forwarding.side === 'here'
    const [near, far] = here ? [defaultNet(), over.net] : [over.net, defaultNet()]
    const { addr, service } = await begin(session, forwarding, { near, far, capture, traffic })
    services.add(service)
    const { network } = addr
    const [address, target] = [addr.toString(), `${forwarding.to.network} ${forwarding.to.address}`]
    session.say(`forwarding ${network} ${address} to ${target}`, {
      event: 'forwarding',
      network,
      address,
      to: forwarding.to,
    })
  }
  using status = new Status(session, () => {
    const { connections, total, sent, received } = traffic
    return [
      `${count(connections, 'connection')} of ${total}, ${traffic.bytes(session.screen !== undefined)}`,
      { connections, total, sent, received },
    ]
  })
  await asked(services.done, session.ending)
  status.say('ended', { event: 'ended', connections: traffic.total })
}

/** What forwardings go between, and through. */
interface Between {
  /** Where they listen. */
  readonly near: Net
  /** Through what they dial. */
  readonly far: Net
  readonly capture: CaptureFile
  readonly traffic: Traffic
}

async function begin(
  session: Session,
  { from: { network, address }, to }: Forwarding,
  { near, far, capture, traffic }: Between,
): Promise<{ readonly addr: Addr; readonly service: Service }> {
  const dial = async (options: { readonly signal: AbortSignal }): Promise<Conn> =>
    capture.tap(await far.dial(to.network, to.address, options))
  const failed = (e: unknown): void => session.warn(e)
  if (network === 'udp') {
    const packets = await near.listenPacket(network, address, session.ending)
    return { addr: packets.localAddr, service: new PacketRelay(packets, dial, traffic, failed) }
  }
  const listener = await near.listen(network, address, session.ending)
  const connected = (addr: Addr): void => {
    const remote = addr.toString()
    session.note(`${remote} connects`, { event: 'connected', network: addr.network, remote })
  }
  return { addr: listener.addr, service: new StreamRelay(listener, { dial, traffic, connected, failed }) }
}
