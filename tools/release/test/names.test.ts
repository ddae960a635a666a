import { relative } from 'node:path'
import { expect, test } from 'vitest'
import { readExports } from '../declarations.mjs'
import { root } from '../workspace.mjs'

test('no two packages export one name for different things', () => {
  const meanings = new Map<string, Set<string>>()
  for (const { exports } of readExports({ suites: true })) {
    for (const [name, { declarations }] of exports) {
      const [first] = declarations ?? []
      const file = first?.getSourceFile().fileName
      const place = file === undefined ? 'nowhere' : `${relative(root, file)}:${first?.pos}`
      meanings.set(name, (meanings.get(name) ?? new Set()).add(place))
    }
  }
  expect(meanings.get('OpError')?.size, 'OpError, which core exports again').toBe(1)
  // That of core is that of @net/plan9, which core tells how to dial.
  expect(meanings.get('plan9')?.size).toBe(2)
  const ambiguous = [...meanings].filter(([name, places]) => name !== 'plan9' && places.size > 1)
  expect(Object.fromEntries(ambiguous.map(([name, places]) => [name, [...places]]))).toEqual({})
})
