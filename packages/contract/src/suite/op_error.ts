import type { Addr } from '@net/addr'
import { Errno, ErrClosed, ErrDeadlineExceeded, isErr, isError, OpError, SyscallError } from '../index.ts'
import { equal, held, ok, rejects, show } from './assert.ts'

/** What the errors of an operation must tell. */
export interface Shape {
  /** The operation: 'read', 'write', 'accept'. */
  readonly op: string
  /** The network; absent: anything but ''. */
  readonly net?: string | undefined
  /** The local address; absent: not checked. */
  readonly source?: Addr | null | undefined
  /** The remote address; absent: not checked. */
  readonly addr?: Addr | null | undefined
}

/** Asserts that `e` is an OpError of the given shape whose message, codes and flags agree with its fields and cause. */
export function checkOpError(e: unknown, want: Shape): asserts e is OpError {
  const what = `the error of ${want.op}`
  ok(e instanceof OpError, `${what} is ${show(e)}, want an OpError`)
  equal(e.name, 'OpError', `${what}: name`)
  equal(e.op, want.op, `${what}: op`)
  if (want.net === undefined) ok(e.net !== '', `${what}: net is empty`)
  else equal(e.net, want.net, `${what}: net`)
  if (want.source !== undefined) equal(text(e.source), text(want.source), `${what}: source`)
  if (want.addr !== undefined) equal(text(e.addr), text(want.addr), `${what}: addr`)
  ok(isError(e.cause), `${what}: cause is ${show(e.cause)}, want an error`)
  equal(e.message, goMessage(e), `${what}: message`)
  equal(typeof e.timeout, 'boolean', `${what}: type of timeout`)
  equal(typeof e.temporary, 'boolean', `${what}: type of temporary`)
  const { cause } = e
  if (cause instanceof SyscallError) {
    equal(e.syscall, cause.syscall, `${what}: syscall`)
    ok(cause.syscall !== '', `${what}: syscall is empty`)
  } else {
    ok(!('syscall' in e), `${what}: has a syscall without a SyscallError behind it`)
  }
  if (cause instanceof SyscallError || cause instanceof Errno) {
    equal(e.code, cause.code, `${what}: code`)
    equal(e.errno, cause.errno, `${what}: errno`)
    ok(cause.errno < 0, `${what}: errno is ${cause.errno}, want a negative number`)
  } else {
    ok(!('errno' in e), `${what}: has an errno without an error number behind it`)
  }
}

/** Go's text of an OpError, from its fields. */
function goMessage(e: OpError): string {
  const words = [e.op]
  if (e.net !== '') words.push(e.net)
  const arrow = e.source !== null && e.addr !== null ? '->' : ''
  const ends = text(e.source) + arrow + text(e.addr)
  if (e.source !== null || e.addr !== null) words.push(ends)
  return `${words.join(' ')}: ${e.cause.message}`
}

function text(a: Addr | null): string {
  return a === null ? '' : a.toString()
}

/** Asserts that a call fails because its time is over, and gives the error. */
export function rejectsTimeout(call: () => Promise<unknown>, want: Shape): Promise<OpError> {
  const check = (e: unknown): OpError => {
    checkTimeout(e, want)
    return e
  }
  return held(rejects(call, `${want.op} past its deadline`).then(check))
}

/** Asserts that `e` is the error of an operation whose time is over. */
export function checkTimeout(e: unknown, want: Shape): asserts e is OpError {
  checkOpError(e, want)
  ok(e.timeout, `${want.op}: timeout of ${show(e)} is false`)
  ok(e.temporary, `${want.op}: temporary of ${show(e)} is false`)
  ok(isErr(e, ErrDeadlineExceeded), `${want.op}: ${show(e)} is not ErrDeadlineExceeded`)
}

/** Asserts that a call fails because the connection or listener is closed, and gives the error. */
export function rejectsClosed(call: () => Promise<unknown>, want: Shape): Promise<OpError> {
  const check = (e: unknown): OpError => {
    checkClosed(e, want)
    return e
  }
  return held(rejects(call, `${want.op} on something closed`).then(check))
}

/** Asserts that `e` is the error of an operation on something closed. */
export function checkClosed(e: unknown, want: Shape): asserts e is OpError {
  checkOpError(e, want)
  ok(isErr(e, ErrClosed), `${want.op}: ${show(e)} is not ErrClosed`)
  ok(!e.timeout, `${want.op}: timeout of ${show(e)} is true`)
}
