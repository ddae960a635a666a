import { countedControllers, countedSignal } from '@net/contract/suite'
import { afterAll, expect, test } from 'vitest'
import { deafDial } from './node_dial.ts'
import { resolverOf } from './resolver_of.ts'
import { Server, txt } from './server.ts'

// A lookup that no caller's signal or deadline can end pays for neither. A DOMException is made by a controller that is aborted,
// and by nothing else.
const controllers = countedControllers()
afterAll(() => controllers[Symbol.dispose]())

const echoName = (): Promise<Server> =>
  Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, name)] })
  })

test.each([
  ['packets', {}],
  ['streams', { useTCP: true }],
])('500 lookups over %s that nothing can end make no controller', async (_means, resolvConf) => {
  await using server = await echoName()
  const resolver = resolverOf(server, { dial: deafDial, resolvConf })
  controllers.made = 0
  for (let i = 0; i < 500; i++) expect(await resolver.lookupTXT(`n${i}.example.`)).toEqual([`n${i}.example.`])
  expect(controllers.made).toBe(0)
})

test('lookups with a signal or a deadline make no controller, and the signal has one listener while they wait', async () => {
  await using server = await echoName()
  const resolver = resolverOf(server, { dial: deafDial, shareSockets: true })
  const counted = countedSignal()
  const { signal } = counted
  controllers.made = 0
  const lookups = Array.from({ length: 100 }, (_, i) =>
    resolver.lookupTXT(`n${i}.example.`, i % 2 === 0 ? { signal } : { deadline: Date.now() + 60_000 }),
  )
  expect(counted.listeners).toBe(1)
  for (const [i, found] of (await Promise.all(lookups)).entries()) expect(found).toEqual([`n${i}.example.`])
  expect(counted.listeners).toBe(0)
  expect(controllers.made).toBe(0)
})
