import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readManifest, readPackages, root, sourceFiles } from '../workspace.mjs'

const workspace = readManifest(join(root, 'package.json'))

describe.each(readPackages())('$name', (p) => {
  const { manifest } = p

  test('is named after its folder, under one licence, and says what it is', () => {
    expect(manifest.name).toBe(`@net/${p.short}`)
    expect(manifest.license).toBe(workspace.license)
    expect(manifest.description).toMatch(/^\S.{10,}[^.]$/)
  })

  test('is an ES module for the oldest Node that the workspace supports, and is published', () => {
    expect(manifest.type).toBe('module')
    expect(manifest.engines).toEqual(workspace.engines)
    expect(manifest.private).toBeUndefined()
  })

  test('is published with provenance exactly when it names its repository, with which a registry compares it', () => {
    const { access, provenance = false } = manifest.publishConfig ?? {}
    expect(access).toBe('public')
    expect(provenance).toBe(manifest.repository !== undefined)
  })

  test('exports each entry as source, declarations and JavaScript, in this order', () => {
    const { './package.json': own, ...entries } = manifest.exports
    expect(own).toBe('./package.json')
    expect(Object.keys(entries)).toContain('.')
    for (const [path, entry] of Object.entries(entries)) {
      const conditions = Object.entries(entry as Record<string, string>)
      expect(
        conditions.map(([name]) => name),
        path,
      ).toEqual(['@net/source', 'types', 'default'])
      const [source = '', types, code] = conditions.map(([, file]) => file)
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
      expect([types, code], path).toEqual([`${built}.d.ts`, `${built}.js`])
      expect(existsSync(join(p.dir, source)), source).toBe(true)
    }
  })

  test('has a README and a changelog', () => {
    for (const file of ['README.md', 'CHANGELOG.md']) expect(existsSync(join(p.dir, file)), file).toBe(true)
  })

  test('has tests as soon as it has code', () => {
    const empty = sourceFiles(p).length === 1
    const tests = existsSync(join(p.dir, 'test')) ? readdirSync(join(p.dir, 'test'), { recursive: true }) : []
    expect(empty || tests.some((file) => String(file).endsWith('.test.ts'))).toBe(true)
  })
})
