import { expect, test } from 'vitest'
import { escapedName, isASCII, toASCII, unescaped } from '../src/dns/name_text.ts'

test.each([
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example.', 'xn--bcher-kva.example.'],
  ['_sip._tcp.bücher.example', '_sip._tcp.xn--bcher-kva.example'],
  ['*.ü.example', '*.xn--tda.example'],
  ['ｌocalhost', 'localhost'],
  ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  // domainToASCII would take what follows for the path or the port of a URL, and give another host.
  ['ü/x', null],
  ['ü:80', null],
  ['a\\046.ü', null],
  ['ü x', null],
  ['\ud800.example', null],
])('toASCII(%j) is %j', (name, want) => {
  expect(isASCII(name)).toBe(false)
  expect(toASCII(name)).toBe(want)
})

test.each([
  ['example.com', 'example.com'],
  ['.', '.'],
  ['_x-1.*.example.', '_x-1.*.example.'],
  ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa'],
  ['a b\\032c.example', 'a\\032b\\032c.example'],
  ['first\\.last.example', 'first\\046last.example'],
  ['first\\046last.example', 'first\\046last.example'],
  ['\\097\\b.example', 'ab.example'],
  ['\\\\.example', '\\092.example'],
  ['\\255\\000.example', '\\255\\000.example'],
  ['a\nb', 'a\\010b'],
  [`${'x'.repeat(63)}.example`, `${'x'.repeat(63)}.example`],
  ['\\001'.repeat(63), '\\001'.repeat(63)],
  ['', null],
  ['..', null],
  ['a..b', null],
  ['.a', null],
  ['a\\', null],
  ['a\\1', null],
  ['a\\12', null],
  ['a\\256', null],
  ['x'.repeat(64), null],
  ['\\001'.repeat(64), null],
  [`${'abc.'.repeat(63)}a`, `${'abc.'.repeat(63)}a`], // 63 times 4 bytes, 2 and 1
  [`${'abc.'.repeat(63)}ab`, null],
])('escapedName(%j) is %j', (text, want) => {
  expect(escapedName(text)).toBe(want)
})

test('unescaped() gives the bytes that a name stands for', () => {
  expect(unescaped('a\\046b\\255')).toBe('a.b\xff')
})
