import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hosted } from '@net/posix'
import { defaultNet, Net } from '../src/index.ts'
import { dialNet, embeddedNet, listenExport, plan9 } from '../src/plan9/index.ts'

/** A network of one of the stacks, until it is closed. */
export interface Stack {
  readonly net: Net
  close(): Promise<void>
}

const nothing = async (): Promise<void> => {}

/** The stacks that everything for Node's streams and servers has to run over. */
export const stacks: readonly (readonly [name: string, open: () => Promise<Stack>])[] = [
  ['the kernel', async () => ({ net: defaultNet(), close: nothing })],
  ['the host', async () => ({ net: new Net(hosted()), close: nothing })],
  [
    'an embedded /net',
    async () => {
      const tree = embeddedNet(defaultNet().target)
      return { net: new Net(plan9({ net: tree })), close: () => tree.close() }
    },
  ],
  [
    'an exported /net',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'net-stack-'))
      const address = `unix!${join(dir, 'net')}`
      const { net } = await listenExport(defaultNet().target, address)
      const tree = await dialNet(address)
      return {
        net: new Net(plan9({ net: tree })),
        close: async () => {
          await tree.close()
          await net.close()
          await rm(dir, { recursive: true })
        },
      }
    },
  ],
]
