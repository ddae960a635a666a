import { expect, test } from 'vitest'
import type { Name } from './go_name.ts'
import { addrNames } from './go_names_addr.ts'
import { connNames } from './go_names_conn.ts'

const names = [...connNames, ...addrNames]

const all = names.flatMap(([, rows]) => rows)

const introduction = `# For people who come from Go

What each exported name of Go's package net is called here. Functions, methods and fields are Go's with the first letter (or the
leading initialism) lowered; what Go gives without an argument is a property. A function that waits gives a promise; it rejects
with what Go returns as an error, and \`signal\` and deadlines take the place of contexts. "core" is \`@net/core\`, and so on;
\`@net/core\` exports most of these types and errors, too. The second column says what Go of August 2011 had, and in which
release the rest came. This page is made of a list whose names the compiler looks up:
\`npx vitest run test/go_names.test.ts -u\` in packages/core writes it anew.
`

function line({ go, since, ours, note }: Name): string {
  return `| ${go} | ${since} | ${ours ?? '-'} | ${note ?? ''} |`
}

function page(): string {
  const tables = names.map(([subject, rows]) => [
    `## ${subject}`,
    '',
    '| Go | since | here | |',
    '|---|---|---|---|',
    ...rows.map(line),
    '',
  ])
  return [introduction, ...tables.flat()].join('\n')
}

test('docs/go.md is what the list of names says', async () => {
  await expect(page()).toMatchFileSnapshot('../../../docs/go.md')
})

test('a name of Go stands once in the list', () => {
  const counts = new Map<string, number>()
  for (const { go } of all) counts.set(go, (counts.get(go) ?? 0) + 1)
  expect([...counts].filter(([, n]) => n > 1)).toEqual([])
})

test('every exported name of 2011 exists here', () => {
  const of2011 = all.filter(({ since }) => since === '2011')
  expect(of2011.filter(({ ours }) => ours === null)).toEqual([])
  expect(of2011.length).toBe(266)
})

test('what is left out says why', () => {
  const left = all.filter(({ ours }) => ours === null)
  expect(left.filter(({ note }) => note === undefined)).toEqual([])
})
