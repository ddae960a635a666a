import assert from 'node:assert/strict'
import { ErrPlan9, ErrWindows, fileStubs, ipRawSockStubs, unixSockStubs } from '@net/stubs'

await assert.rejects(unixSockStubs(ErrPlan9).dialUnix('unix', null, null), {
  message: 'dial unix: not supported by plan 9',
  code: 'EPLAN9',
})
await assert.rejects(ipRawSockStubs(ErrWindows).listenIP('ip4:icmp', null), {
  message: 'listen ip4:icmp: not supported by windows',
  code: 'EWINDOWS',
})
await assert.rejects(fileStubs(ErrPlan9).fileConn({ fd: 0 }), { op: 'file', code: 'EPLAN9' })
