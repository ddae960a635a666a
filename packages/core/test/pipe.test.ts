import { test } from 'vitest'
import { testConn } from '@net/contract/suite'
import { pipe } from '../src/pipe.ts'

testConn(
  { test },
  () => {
    const [c1, c2] = pipe()
    return Promise.resolve({
      c1,
      c2,
      async stop() {
        await c1.close()
        await c2.close()
      },
    })
  },
  { label: 'pipe()', network: 'pipe', errorAddrs: false, halfClose: true, byteStreams: true },
)
