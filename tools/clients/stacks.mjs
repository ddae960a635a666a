import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultNet, Net } from '@net/core'
import { dialNet, embeddedNet, listenExport, plan9 } from '@net/core/plan9'
import { hosted } from '@net/posix'

/** A network of one of the stacks, until it is closed. @typedef {{ net: Net, close: () => Promise<void> }} Stack */

/** @typedef {'linux' | 'hosted' | 'embedded `/net`' | 'exported `/net`'} StackName */

/** What every program is tried over. @type {readonly [name: StackName, open: () => Promise<Stack>][]} */
export const stacks = [
  ['linux', async () => ({ net: defaultNet(), close: async () => {} })],
  ['hosted', async () => ({ net: new Net(hosted()), close: async () => {} })],
  [
    'embedded `/net`',
    async () => {
      const tree = embeddedNet(defaultNet().target)
      return { net: new Net(plan9({ net: tree })), close: () => tree.close() }
    },
  ],
  [
    'exported `/net`',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'net-clients-'))
      const address = `unix!${join(dir, 'net')}`
      const { net } = await listenExport(defaultNet().target, address)
      const tree = await dialNet(address)
      const close = async () => {
        await tree.close()
        await net.close()
        await rm(dir, { recursive: true })
      }
      return { net: new Net(plan9({ net: tree })), close }
    },
  ],
]
