import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findCycle, hasString, importsOf, packageOf } from '../imports.mjs'

const dir = mkdtempSync(join(tmpdir(), 'net-imports-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function source(text: string): string {
  const file = join(dir, 'source.ts')
  writeFileSync(file, text)
  return file
}

test.each([
  ["import { a } from 'x'", { specifier: 'x', typeOnly: false }],
  ["import 'x'", { specifier: 'x', typeOnly: false }],
  ["import type { A } from 'x'", { specifier: 'x', typeOnly: true }],
  ["import { type A } from 'x'", { specifier: 'x', typeOnly: false }],
  ["export * from './x.ts'", { specifier: './x.ts', typeOnly: false }],
  ["export type { A } from 'x'", { specifier: 'x', typeOnly: true }],
  ["type A = import('x').A", { specifier: 'x', typeOnly: true }],
  ["const a = await import('x')", { specifier: 'x', typeOnly: false }],
  ["const a = require('x')", { specifier: 'x', typeOnly: false }],
  ["const a = createRequire(import.meta.url)('x')", { specifier: 'x', typeOnly: false }],
  ["const a = require.resolve('x')", { specifier: 'x', typeOnly: false }],
])('importsOf() sees %s', (text, expected) => {
  expect(importsOf(source(text)).map((x) => ({ ...x }))).toContainEqual(expected)
})

test('importsOf() is not misled by comments and other calls', () => {
  expect(importsOf(source("// import 'x'\nconst a = f('y')\nconst b = \"import 'z'\""))).toEqual([])
})

test('hasString() finds a whole literal, not a word in a message', () => {
  expect(hasString(source("const name = 'koffi'"), 'koffi')).toBe(true)
  expect(hasString(source("const text = 'koffi is missing' // koffi"), 'koffi')).toBe(false)
})

test('packageOf() cuts the path behind the name', () => {
  expect(packageOf('@net/contract/suite')).toBe('@net/contract')
  expect(packageOf('koffi/index.js')).toBe('koffi')
})

test('findCycle() names the nodes of a cycle and finds none in a diamond', () => {
  const diamond: [string, string[]][] = [
    ['a', ['b', 'c']],
    ['b', ['d']],
    ['c', ['d']],
    ['d', []],
  ]
  expect(findCycle(new Map(diamond))).toBeNull()
  expect(findCycle(new Map([...diamond, ['d', ['b']]]))).toEqual(['b', 'd', 'b'])
})
