import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
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

// A second copy of both packages, as another dependency may bring one.
cpSync('node_modules/@net', 'second/node_modules/@net', { recursive: true, dereference: true })
const entry = new URL('second/node_modules/@net/contract/dist/index.js', import.meta.url).href
/** @type {typeof import('@net/contract')} */
const second = await import(entry)
assert.notEqual(second.OpError, OpError)
const reset = new second.SyscallError('read', new second.Errno('ECONNRESET', 104))
const other = new second.OpError('read', 'tcp', null, addr, reset)
assert.ok(other instanceof OpError && refused instanceof second.OpError)
assert.ok(other.cause instanceof SyscallError && !(other.cause instanceof OpError))
assert.ok(isErr(new second.OpError('read', 'tcp', null, null, second.ErrClosed), ErrClosed))
assert.ok(isErr(other, new Errno('ECONNRESET', 104)))
