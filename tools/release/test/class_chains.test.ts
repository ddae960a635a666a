import { expect, test } from 'vitest'
import { readChains } from '../class_chains.mjs'

/** How many classes of ours a class may extend. More cannot be held in mind: what is left over is a part that the class has. */
const MOST = 2

test('no class extends more than two of ours', () => {
  const chains = readChains()
  expect(chains.find(([, name]) => name === 'LaneConn')).toEqual(['io/src/lane_conn.ts', 'LaneConn'])
  expect(chains.filter(({ length }) => length - 2 > MOST)).toEqual([])
})
