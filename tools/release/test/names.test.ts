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
  // `plan9` of core is that of @net/plan9, which core tells how to dial. `connect` is what both worlds call it: node:net, whose
  // place @net/node takes, and WinterTC's sockets, whose place @net/core/web takes.
  const meant = ['connect', 'plan9']
  for (const name of meant) expect(meanings.get(name)?.size, name).toBe(2)
  const ambiguous = [...meanings].filter(([name, places]) => !meant.includes(name) && places.size > 1)
  expect(Object.fromEntries(ambiguous.map(([name, places]) => [name, [...places]]))).toEqual({})
})
