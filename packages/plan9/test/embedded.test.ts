import { afterAll, test } from 'vitest'
import { ledger, testTarget } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { embeddedNet } from '@net/netfs'
import { posix } from '@net/posix'
import { plan9 } from '../src/index.ts'

const net = embeddedNet(posix())
const target = plan9({ net })
await target.lookupHost('127.0.0.1')
const check = ledger(keepLeaks())
afterAll(async () => {
  await net.close()
  await check()
})

testTarget({ test }, target, {
  label: 'plan9 over an embedded tree',
  tcp4: true,
  tcp6: true,
  udp4: true,
  udp6: true,
  interfaces: true,
  lookups: true,
  halfClose: false,
  liveness: {
    script: `
import { embeddedNet } from '@net/netfs'
import { plan9 } from '@net/plan9'
import { posix } from '@net/posix'
const target = plan9({ net: embeddedNet(posix()) })`,
    cwd: import.meta.dirname,
  },
})
