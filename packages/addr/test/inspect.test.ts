import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { ipv4Mask, parseIP, parseMAC, TCPAddr } from '../src/index.ts'

test('console.log shows addresses as text', () => {
  expect(inspect(parseIP('192.0.2.1'))).toBe('IP(192.0.2.1)')
  expect(inspect(ipv4Mask(255, 0, 0, 0))).toBe('IPMask(ff000000)')
  expect(inspect(parseMAC('00:00:5e:00:53:01'))).toBe('HardwareAddr(00:00:5e:00:53:01)')
  expect(inspect(new TCPAddr(parseIP('::1'), 80))).toBe('TCPAddr([::1]:80)')
})
