import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { AddrError } from '@net/addr'
import { describe, expect, test } from 'vitest'
import * as contract from '../src/index.ts'
import {
  Errno,
  ErrClosed,
  ErrDeadlineExceeded,
  ErrWriteToConnected,
  Flags,
  isErr,
  OpError,
  SyscallError,
} from '../src/index.ts'
import { isTarget, targets, toError, type GoValue } from './go_errors.ts'
import { vectors } from './vectors.ts'

interface Out {
  readonly error?: string
  readonly timeout?: boolean | null
  readonly temporary?: boolean | null
  readonly unwrap?: string | null
  readonly is?: readonly string[]
  readonly panics?: boolean
}

/** Whether an address of the value holds an IP that is neither 4 nor 16 bytes long. */
function oddIP(v: GoValue): boolean {
  return [v.source, v.addr].some(
    (a) =>
      typeof a === 'object' && a !== null && typeof a.ip === 'string' && ![0, 8, 32].includes(a.ip.length),
  )
}

describe('errors', () => {
  test('OpError and its kin say and are what Go 1.23 says and is, for every vector', () => {
    const counts = { equal: 0, refusedIP: 0, refusedNil: 0 }
    for (const { tag, in: value, out } of vectors<GoValue, Out>('op_error_strings')) {
      const what = `${tag}: ${JSON.stringify(value)}`
      if (tag === 'nil-inner' || tag === 'nil-pointer') {
        // There is no typed nil: an error is there or null, and an OpError without a cause is refused.
        if (value.type === 'OpError') expect(() => toError(value), what).toThrow(TypeError)
        else expect(toError(value), what).toBeNull()
        counts.refusedNil++
        continue
      }
      if (oddIP(value)) {
        // In Go such an address prints as ?0102. Here it cannot be made.
        expect(() => toError(value), what).toThrow(AddrError)
        counts.refusedIP++
        continue
      }
      const e = toError(value)
      expect(e.message, what).toBe(out.error)
      // What Go does not ask of a type (null) is not asked here either.
      if (typeof out.timeout === 'boolean') expect(Reflect.get(e, 'timeout') ?? false, what).toBe(out.timeout)
      if (typeof out.temporary === 'boolean')
        expect(Reflect.get(e, 'temporary') ?? false, what).toBe(out.temporary)
      if (!/^(err|context|io)/.test(value.type)) {
        expect(e.cause instanceof Error ? e.cause.message : null, what).toBe(out.unwrap)
      }
      expect(targets.filter((t) => isTarget(e, t)).sort(), what).toEqual([...(out.is ?? [])].sort())
      counts.equal++
    }
    expect(counts).toEqual({ equal: 274, refusedIP: 2, refusedNil: 3 })
  })

  test('Flags print as in Go, for every vector of that tag', () => {
    let n = 0
    for (const { tag, in: value, out } of vectors<{ flags: number }, { str: string }>('addr_strings')) {
      if (!tag.startsWith('Flags')) continue
      expect(new Flags(value.flags).toString()).toBe(out.str)
      n++
    }
    expect(n).toBe(35)
  })

  test('every error number of linux has a text', () => {
    const url = new URL('../../../test-data/vectors/syscall_constants.json', import.meta.url)
    const { targets } = JSON.parse(readFileSync(url, 'utf8')) as {
      targets: Record<string, { constants: Record<string, number> }>
    }
    const names = Object.keys(targets['linux/amd64']?.constants ?? {}).filter((name) =>
      /^E(?!CHO|POLL)/.test(name),
    )
    expect(names.length).toBe(133)
    for (const name of names) expect(contract.errnoText(name), name).not.toContain('errno')
    // The text that Go has kept, where the C library has changed its own.
    expect(contract.errnoText('ESTALE')).toBe('stale NFS file handle')
  })

  test('OpError carries what Node errors carry: code, errno, syscall', () => {
    const refused = new SyscallError('connect', new Errno('ECONNREFUSED', 111))
    expect(new OpError('dial', 'tcp', null, null, refused)).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      message: 'dial tcp: connect: connection refused',
      name: 'OpError',
    })
    expect(Object.keys(new OpError('read', '', null, null, new Error('x')))).not.toContain('errno')
  })

  test('a connection that died before it was accepted is a temporary error of accept', () => {
    const died = (op: string, code: string): boolean =>
      new OpError(op, 'tcp', null, null, new Errno(code, 1)).temporary
    expect([died('accept', 'ECONNABORTED'), died('accept', 'ECONNRESET')]).toEqual([true, true])
    expect([died('read', 'ECONNRESET'), died('accept', 'EPIPE')]).toEqual([false, false])
  })

  test('isErr() walks the chain of causes and stops at what is no error', () => {
    const e = new Error('outer', { cause: new OpError('read', 'tcp', null, null, ErrClosed) })
    expect(isErr(e, ErrClosed)).toBe(true)
    expect(isErr(e, ErrDeadlineExceeded)).toBe(false)
    expect(isErr(new Error('x', { cause: 'text' }), ErrClosed)).toBe(false)
    expect(isErr(undefined, ErrClosed)).toBe(false)
    const loop = new Error('loop')
    loop.cause = loop
    expect(isErr(loop, ErrClosed)).toBe(false)
  })

  test('isErr() walks causes of another realm', () => {
    const wrap = runInNewContext('(cause) => new Error("far", { cause })') as (cause: Error) => Error
    const e = new OpError('read', 'tcp', null, null, wrap(new SyscallError('recv', wrap(ErrClosed))))
    expect(isErr(e, ErrClosed)).toBe(true)
    expect(isErr(wrap(e), ErrClosed)).toBe(true)
    expect(isErr(e, ErrDeadlineExceeded)).toBe(false)
  })
})

describe('two copies of the package', () => {
  test('agree about instanceof and isErr()', async () => {
    const copy = '../src/errors.ts?copy'
    const other = (await import(/* @vite-ignore */ copy)) as typeof contract
    expect(other.OpError).not.toBe(OpError)
    const errno = new other.Errno('EPIPE', 32)
    const e = new other.OpError('write', 'tcp', null, null, new other.SyscallError('write', errno))
    expect(e).toBeInstanceOf(OpError)
    expect(e.cause).toBeInstanceOf(SyscallError)
    expect(errno).toBeInstanceOf(Errno)
    expect(errno).not.toBeInstanceOf(OpError)
    expect(isErr(e, new Errno('EPIPE', 32))).toBe(true)
    for (const name of ['ErrClosed', 'ErrDeadlineExceeded', 'ErrWriteToConnected'] as const) {
      expect(other[name]).not.toBe(contract[name])
      expect(isErr(other[name], contract[name])).toBe(true)
    }
    expect(isErr(other.ErrClosed, ErrWriteToConnected)).toBe(false)
    expect(new OpError('read', 'tcp', null, null, other.ErrDeadlineExceeded).timeout).toBe(true)
  })

  test('a subclass means its own instances only', () => {
    class Special extends OpError {}
    expect(new OpError('read', 'tcp', null, null, ErrClosed)).not.toBeInstanceOf(Special)
    expect(new Special('read', 'tcp', null, null, ErrClosed)).toBeInstanceOf(Special)
    expect(new Special('read', 'tcp', null, null, ErrClosed)).toBeInstanceOf(OpError)
  })
})
