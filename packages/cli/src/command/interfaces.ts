import type { Interface } from '@net/core'
import { watchInterfaces, type InterfaceEvent } from '@net/posix'
import { Option } from 'commander'
import { define } from '../session/command.ts'
import { netOption, networkOf } from '../session/option.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked } from '../session/status.ts'
import { UsageError } from '../session/usage_error.ts'

interface InterfacesOptions extends SessionOptions {
  readonly net?: string
  readonly watch?: boolean
}

/** `netx interfaces`: prints the network interfaces, or one of them, each with its addresses. */
export const interfaces = define<InterfacesOptions>({
  name: 'interfaces',
  summary: 'list the network interfaces and their addresses',
  description: 'Lists the network interfaces, or one of them, each with its addresses.',
  argument: ['[name]', 'the interface; absent: all of them'],
  options: () => [
    new Option(
      '--watch',
      'tell of their changes, and of addresses and routes, until SIGINT or SIGTERM (linux)',
    ),
    netOption,
  ],
  timeout: 'how long it may take',
  examples: [
    ['netx interfaces --json lo', 'shows one of them, for a program to read'],
    ['netx interfaces --watch', 'lists all of them, and then what changes'],
  ],
  async work(session, [name], { net: where, watch }) {
    if (watch === true && where !== undefined) throw new UsageError('a /net does not tell of changes')
    await using over = await networkOf(where, session.ending)
    const { net } = over
    // Watching begins before the list is made, so that no change is missed.
    await using events = watch === true ? watchInterfaces(session.ending) : null
    const shown = name === undefined ? await net.interfaces() : [await net.interfaceByName(name)]
    for (const one of shown) await show(session, one)
    if (events === null) return
    const index = name === undefined ? null : (shown[0]?.index ?? null)
    await asked(follow(session, events, index), session.ending)
  },
})

async function follow(
  session: Session,
  events: AsyncIterable<InterfaceEvent>,
  index: number | null,
): Promise<void> {
  for await (const event of events) {
    const [of, line, object] = told(event)
    if (index === null || of === null || of === index) session.answer([line], object)
  }
}

/** What an event says: the number of its interface, a line, and an object for JSON. */
function told(event: InterfaceEvent): readonly [index: number | null, line: string, object: object] {
  if (event.kind === 'overflow') return [null, 'changes were lost', { event: 'overflow' }]
  const { kind, action } = event
  if (kind === 'link') {
    const { index, name, mtu, flags } = event.iface
    return [
      index,
      `${action} link ${index} ${name} ${flags.toString()} mtu ${mtu}`,
      { event: kind, action, index, name, flags: flags.toString().split('|'), mtu },
    ]
  }
  if (kind === 'address') {
    const { index } = event
    const addr = event.addr.toString()
    return [index, `${action} address ${index} ${addr}`, { event: kind, action, index, addr }]
  }
  const { destination, nextHops } = event
  const hops = nextHops.map(({ gateway, index }) => ({ gateway: gateway?.toString() ?? null, index }))
  const via = hops.map(({ gateway, index }) => `${gateway === null ? '' : ` via ${gateway}`} dev ${index}`)
  const to = destination.toString()
  return [hops[0]?.index ?? null, `${action} route ${to}${via.join('')}`, { event: kind, action, to, hops }]
}

async function show(session: Session, one: Interface): Promise<void> {
  const { index, name, mtu } = one
  const flags = one.flags.toString()
  const hardwareAddr = one.hardwareAddr?.toString() ?? null
  const addrs = (await one.addrs()).map((addr) => addr.toString())
  const link = hardwareAddr === null ? '' : ` ${hardwareAddr}`
  session.answer([`${index} ${name} ${flags} mtu ${mtu}${link}`, ...addrs.map((addr) => `  ${addr}`)], {
    index,
    name,
    flags: flags.split('|'),
    mtu,
    hardwareAddr,
    addrs,
  })
}
