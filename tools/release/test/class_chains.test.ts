import { expect, test } from 'vitest'
import { readChains } from '../class_chains.mjs'

/** How many classes of ours a class may extend. More cannot be held in mind: what is left over is a part that the class has. */
const MOST = 2

/** Those that extend more still, and how many. A number may shrink, and a line may go. */
const deeper: Record<string, number> = {
  InetDatagram: 3,
  SimIPConn: 4,
  SimTCPConn: 3,
  SimUDPConn: 4,
}

test('no class extends more than two of ours, but for those that are named', () => {
  const chains = readChains()
  expect(chains.find(([, name]) => name === 'LaneConn')).toEqual(['io/src/lane_conn.ts', 'LaneConn'])
  const deep = chains.filter(({ length }) => length - 2 > MOST)
  expect(deep.filter(({ [1]: name = '', length }) => length - 2 > (deeper[name] ?? MOST))).toEqual([])
  const names = deep.map(([, name]) => name)
  expect(
    Object.keys(deeper).filter((name) => !names.includes(name)),
    'these are mended: take them off the list',
  ).toEqual([])
})
