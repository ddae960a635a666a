import type { Interface } from '@net/core'
import { define } from './command.ts'
import { netOption, networkOf } from './option.ts'
import type { Session, SessionOptions } from './session.ts'

interface InterfacesOptions extends SessionOptions {
  readonly net?: string
}

/** `netx interfaces`: prints the network interfaces, or one of them, each with its addresses. */
export const interfaces = define<InterfacesOptions>({
  name: 'interfaces',
  summary: 'list the network interfaces and their addresses',
  description: 'Lists the network interfaces, or one of them, each with its addresses.',
  argument: ['[name]', 'the interface; absent: all of them'],
  options: () => [netOption],
  timeout: 'how long it may take',
  examples: [
    ['netx interfaces', 'lists all of them'],
    ['netx interfaces --json lo', 'shows one of them, for a program to read'],
  ],
  async work(session, [name], { net: where }) {
    await using over = await networkOf(where, session.ending)
    const { net } = over
    const shown = name === undefined ? await net.interfaces() : [await net.interfaceByName(name)]
    for (const one of shown) await show(session, one)
  },
})

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
