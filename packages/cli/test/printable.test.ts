import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, printableJSON } from '../src/session/printable.ts'

test.each([
  ['plain text, tcp 127.0.0.1:80', 'plain text, tcp 127.0.0.1:80'],
  ['\x1b]0;owned\x07', String.raw`\x1b]0;owned\x07`],
  ['\x1b[2J', String.raw`\x1b[2J`],
  ['a\nb\r\tc', String.raw`a\nb\r\tc`],
  ['\x9b31m\x7f', String.raw`\x9b31m\x7f`],
  ['a\\nb', String.raw`a\\nb`],
  ['\u202egnp.exe\u2066', String.raw`\u202egnp.exe\u2066`],
  ['a\u2028b', String.raw`a\u2028b`],
  ['\ud800x', String.raw`\ud800x`],
  ['zürich 😀 東京', 'zürich 😀 東京'],
])('printable(%j) shows it on one line', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

// eslint-disable-next-line no-control-regex
const obeyed = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/

const texts = fc.string({ unit: 'binary' })

test('printable() lets nothing through that a terminal obeys, and loses nothing', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shown = printable(text.replaceAll('\\', ''))
      expect(shown).not.toMatch(obeyed)
      const quoted = shown.replaceAll(String.raw`\x`, String.raw`\u00`).replaceAll('"', String.raw`\"`)
      expect(JSON.parse(`"${quoted}"`)).toBe(text.replaceAll('\\', ''))
    }),
  )
})

test('printableJSON() is JSON on one line that lets nothing through that a terminal obeys', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const line = printableJSON({ text })
      expect(line).not.toMatch(obeyed)
      expect(JSON.parse(line)).toEqual({ text })
    }),
  )
})
