import { DNSError } from '@net/contract'
import { expect, test } from 'vitest'
import { reverseAddr } from '../src/order/reverse.ts'
import { vectors } from './vectors.ts'

test.each(vectors<string, string>('reverse_addr'))('reverseAddr($in) gives what Go gives ($tag)', (v) => {
  if (v.err === null) {
    expect(reverseAddr(v.in)).toBe(v.out)
    return
  }
  expect(() => reverseAddr(v.in)).toThrow(DNSError)
  expect(() => reverseAddr(v.in)).toThrow(new DNSError('unrecognized address', v.in))
})
