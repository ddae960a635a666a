import { describe, expect, test } from 'vitest'
import { AddrError, InvalidAddrError, ParseError, UnknownNetworkError } from '../src/index.ts'
import type * as Errors from '../src/errors.ts'
import { refused, vectors } from './vectors.ts'

interface In {
  type: string
  nil?: boolean
  addr?: unknown
  err?: unknown
  parseType?: string
  text?: string
}

/** The error a vector describes, where it is one of this package. */
function error(input: In): AddrError | ParseError | InvalidAddrError | UnknownNetworkError | typeof refused {
  switch (input.type) {
    case 'AddrError':
      return new AddrError(String(input.err), String(input.addr))
    case 'ParseError':
      return new ParseError(input.parseType ?? '', input.text ?? '')
    case 'InvalidAddrError':
      return new InvalidAddrError(input.text ?? '')
    case 'UnknownNetworkError':
      return new UnknownNetworkError(input.text ?? '')
    default:
      return refused
  }
}

describe('errors', () => {
  test('the errors of this package print as in Go for every vector that is one of them', () => {
    const ran: Record<string, number> = {}
    for (const c of vectors<In, { error: string; timeout: boolean; temporary: boolean }>('op_error_strings')
      .cases) {
      const e = error(c.in)
      if (e === refused || c.in.nil === true) continue
      expect({ error: e.message, timeout: e.timeout, temporary: e.temporary }, JSON.stringify(c.in)).toEqual({
        error: c.out.error,
        timeout: c.out.timeout,
        temporary: c.out.temporary,
      })
      ran[c.in.type] = (ran[c.in.type] ?? 0) + 1
    }
    expect(ran).toEqual({ AddrError: 19, ParseError: 10, InvalidAddrError: 3, UnknownNetworkError: 3 })
  })

  test('errors carry their fields and their name', () => {
    const e = new AddrError('missing port in address', 'localhost')
    expect(e).toMatchObject({ name: 'AddrError', err: 'missing port in address', addr: 'localhost' })
    expect(e.stack).toMatch(/^AddrError: address localhost: missing port in address\n/)
    expect(new ParseError('CIDR address', 'x')).toMatchObject({
      name: 'ParseError',
      type: 'CIDR address',
      text: 'x',
    })
    expect(new UnknownNetworkError('tcp5')).toMatchObject({ name: 'UnknownNetworkError', network: 'tcp5' })
    expect(new InvalidAddrError('unexpected address').name).toBe('InvalidAddrError')
  })

  test('instanceof knows the errors of another copy of the package, and only those', async () => {
    const url = new URL('../src/errors.ts?copy', import.meta.url).href
    const copy = (await import(url)) as typeof Errors
    expect(copy.AddrError).not.toBe(AddrError)
    expect(new copy.AddrError('e', 'a')).toBeInstanceOf(AddrError)
    expect(new AddrError('e', 'a')).toBeInstanceOf(copy.AddrError)
    expect(new copy.ParseError('t', 'x')).toBeInstanceOf(ParseError)
    expect(new copy.InvalidAddrError('t')).toBeInstanceOf(InvalidAddrError)
    expect(new copy.UnknownNetworkError('t')).toBeInstanceOf(UnknownNetworkError)
    expect(new copy.ParseError('t', 'x')).not.toBeInstanceOf(AddrError)
    expect(new copy.ParseError('t', 'x')).toBeInstanceOf(Error)
    for (const x of [new Error('e'), {}, null, undefined, 'AddrError'])
      expect(x instanceof AddrError).toBe(false)
  })

  test('instanceof of a subclass keeps its ordinary meaning', () => {
    class PortError extends AddrError {}
    expect(new PortError('e', 'a')).toBeInstanceOf(PortError)
    expect(new PortError('e', 'a')).toBeInstanceOf(AddrError)
    expect(new AddrError('e', 'a')).not.toBeInstanceOf(PortError)
  })
})
