import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinHostPort, splitHostPort } from '../src/index.ts'
import { expectError, runVectors } from './vectors.ts'

describe('splitHostPort()', () => {
  test('splitHostPort() gives what Go gives for every vector', () => {
    const count = runVectors<string, { host: string; port: string }>('split_host_port', (c) => {
      if (c.err !== null) expectError(c, () => splitHostPort(c.in))
      else expect(splitHostPort(c.in), c.in).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 315, refused: {} })
  })

  test('splitHostPort() takes apart what joinHostPort() puts together', () => {
    const host = fc.string({ unit: 'binary' }).map((s) => s.replace(/[[\]]/g, ''))
    const port = fc.string({ unit: 'binary' }).map((s) => s.replace(/[[\]:]/g, ''))
    fc.assert(
      fc.property(host, port, (h, p) => {
        expect(splitHostPort(joinHostPort(h, p))).toEqual({ host: h, port: p })
      }),
    )
  })
})

describe('joinHostPort()', () => {
  test('joinHostPort() gives what Go gives for every vector', () => {
    const count = runVectors<{ host: string; port: string }, string>('join_host_port', (c) => {
      expect(joinHostPort(c.in.host, c.in.port)).toBe(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 93, refused: {} })
  })

  test('joinHostPort() takes the port as a number too', () => {
    expect(joinHostPort('::1', 80)).toBe('[::1]:80')
  })
})
