import { AddrError } from '@net/addr'
import { expect, test } from 'vitest'
import { findProtocol, parseProtocols, ProtocolsFile } from '../src/files/protocols.ts'

test('findProtocol() knows the common protocols without the file, in any case', () => {
  const protocols = new ProtocolsFile('/nonexistent/protocols').get()
  expect(['icmp', 'ICMP', 'igmp', 'tcp', 'Udp', 'ipv6-icmp'].map((p) => findProtocol(protocols, p))).toEqual([
    1, 1, 2, 6, 17, 58,
  ])
})

test('parseProtocols() adds names and aliases but takes none of the built-in ones away', () => {
  const protocols = parseProtocols('# c\ntcp 99\nospf 89 OSPFIGP alias # Open\nbad\nworse x\n')
  expect(['tcp', 'ospf', 'alias'].map((p) => protocols.get(p))).toEqual([6, 89, 89])
  expect(protocols.get('bad')).toBeUndefined()
  expect(protocols.get('worse')).toBeUndefined()
})

test('findProtocol() says that a protocol is not known', () => {
  const protocols = parseProtocols('')
  for (const name of ['nosuch', '', 'tcp'.repeat(20)]) {
    expect(() => findProtocol(protocols, name)).toThrow(AddrError)
  }
  expect(() => findProtocol(protocols, 'nosuch')).toThrow('address nosuch: unknown IP protocol specified')
})
