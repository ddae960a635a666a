import assert from 'node:assert/strict'
import { parseIP, TCPAddr } from '@net/addr'
import { Errno, ErrClosed, isErr, OpError, SyscallError } from '@net/contract'

const addr = new TCPAddr(parseIP('127.0.0.1'), 1)
const refused = new OpError(
  'dial',
  'tcp',
  null,
  addr,
  new SyscallError('connect', new Errno('ECONNREFUSED', 111)),
)
assert.equal(refused.message, 'dial tcp 127.0.0.1:1: connect: connection refused')
assert.equal(refused.code, 'ECONNREFUSED')
assert.equal(refused.timeout, false)
const closed = new OpError('read', 'tcp', addr, addr, ErrClosed)
assert.ok(isErr(closed, ErrClosed))
assert.ok(!isErr(refused, ErrClosed))
