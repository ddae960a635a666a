import type { Conn, LookupGroup, UDPConn } from '@net/contract'
import { expectTypeOf, test } from 'vitest'
import type { ServerDial, DNSConn } from '../src/client/server_dial.ts'
import type { Resolver } from '../src/resolver.ts'

test('DNSConn is what every connection of the contract is', () => {
  expectTypeOf<Conn>().toExtend<DNSConn>()
  expectTypeOf<UDPConn>().toExtend<DNSConn>()
  expectTypeOf<(network: string, address: string) => Promise<Conn>>().toExtend<ServerDial>()
})

test('Resolver is the group of lookups that a target owes', () => {
  expectTypeOf<Resolver>().toExtend<LookupGroup>()
})
