import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  AddrError,
  HardwareAddr,
  IP,
  IPAddr,
  IPMask,
  IPNet,
  ipv4,
  ParseError,
  parseIP,
  TCPAddr,
  UDPAddr,
  UnixAddr,
  type Addr,
} from '../src/index.ts'
import { expectRefusedIP, fromHex, isIPLength, refused, runVectors } from './vectors.ts'

interface In {
  type: string
  nil?: boolean
  ip?: string | null
  mask?: string | null
  hex?: string | null
  name?: string
  net?: string
  port?: number
  zone?: string
}

/** An absent IP is null here; Go has nil and empty ones, which print alike. */
function address(input: In): Addr | { toString(): string } | typeof refused {
  const hex = input.ip ?? ''
  if (hex !== '' && !isIPLength(hex)) return expectRefusedIP(hex)
  const ip = hex === '' ? null : IP.from(fromHex(hex))
  const port = input.port ?? 0
  const kind = input.type === 'TCPAddr' ? TCPAddr : UDPAddr
  switch (input.type) {
    case 'TCPAddr':
    case 'UDPAddr':
      if (port < 0 || port > 65535) {
        expect(() => new kind(ip, port)).toThrow(AddrError)
        expect(() => new kind(ip, port)).toThrow(`address ${port}: invalid port`)
        return refused
      }
      return new kind(ip, port, input.zone)
    case 'IPAddr':
      return new IPAddr(ip, input.zone)
    case 'UnixAddr':
      return new UnixAddr(input.name ?? '', input.net as UnixAddr['net'])
    case 'IPNet':
      return new IPNet(ip, IPMask.from(fromHex(input.mask ?? '')))
    case 'HardwareAddr':
      return HardwareAddr.from(fromHex(input.hex ?? ''))
    default:
      throw new Error(`no such address: ${input.type}`)
  }
}

const kinds = [
  ['TCPAddr', TCPAddr],
  ['UDPAddr', UDPAddr],
] as const

describe('addresses', () => {
  test('toString() and network of every address give what Go gives for every vector', () => {
    const count = runVectors<In, { str: string; network: string | null }>('addr_strings', (c) => {
      if (c.in.nil === true) {
        // @ts-expect-error no address is null: who has none says so in his own type
        const none: Addr = null
        expect(none).toBeNull()
        return refused
      }
      // The flags of an interface are printed by @net/contract, which proves these.
      if (c.in.type === 'Flags') return refused
      const a = address(c.in)
      if (a === refused) return refused
      const network = 'network' in (a as object) ? (a as Addr).network : null
      expect({ str: a.toString(), network }, JSON.stringify(c.in)).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({
      ran: 164,
      refused: {
        // IPs of odd length: there is no such IP.
        'TCPAddr-no-zone': 4,
        'TCPAddr-zone': 1,
        'UDPAddr-no-zone': 3,
        'UDPAddr-zone': 2,
        IPAddr: 2,
        // Ports past 65535.
        'TCPAddr-odd-port': 2,
        'UDPAddr-odd-port': 2,
        // Nil pointers.
        'nil-pointer': 3,
        // For @net/contract.
        Flags: 32,
        'Flags-unknown-bits': 3,
      },
    })
  })

  test.each([
    ['TCPAddr', TCPAddr, 'tcp'],
    ['UDPAddr', UDPAddr, 'udp'],
  ] as const)('%s has the fields of a Deno.NetAddr', (_name, kind, network) => {
    const a = new kind(parseIP('fe80::1'), 80, 'eth0')
    expect(a.network).toBe(network)
    expect(a.transport).toBe(network)
    expect(a.hostname).toBe('fe80::1%eth0')
    expect(a.port).toBe(80)
    expect(new kind(null, 80).hostname).toBe('')
  })

  test.each(kinds)('%s.from() takes the address as IP, as text, or not at all', (_name, kind) => {
    const ip = ipv4(192, 0, 2, 1)
    expect(kind.from({ ip, port: 80 })).toEqual(new kind(ip, 80))
    expect(kind.from({ ip: '192.0.2.1', port: 80 })).toEqual(new kind(ip, 80))
    expect(kind.from({ port: 80 })).toEqual(new kind(null, 80))
    expect(kind.from({ ip: null, port: 80 })).toEqual(new kind(null, 80))
    expect(kind.from({ ip: 'fe80::1%eth0', port: 0 })).toEqual(new kind(parseIP('fe80::1'), 0, 'eth0'))
    expect(kind.from({ ip: 'fe80::1%eth0', port: 0, zone: '2' }).zone).toBe('2')
    expect(() => kind.from({ ip: 'localhost', port: 80 })).toThrow(ParseError)
    expect(() => kind.from({ ip: 'localhost', port: 80 })).toThrow('invalid IP address: localhost')
    expect(() => kind.from({ ip: '', port: 80 })).toThrow(ParseError)
  })

  test.each(kinds)('%s refuses a port that is none', (_name, kind) => {
    for (const port of [-1, 65536, 0.5, NaN, Infinity]) {
      expect(() => new kind(null, port)).toThrow(`address ${port}: invalid port`)
    }
    // @ts-expect-error a port is a number
    expect(() => new kind(null, '80')).toThrow(TypeError)
    // @ts-expect-error text goes through from()
    expect(() => new kind('192.0.2.1', 80)).toThrow(TypeError)
  })

  test('IPAddr.from() takes the address as IP or as text', () => {
    expect(IPAddr.from({ ip: 'fe80::1%eth0' })).toEqual(new IPAddr(parseIP('fe80::1'), 'eth0'))
    expect(IPAddr.from({}).toString()).toBe('')
    expect(IPAddr.from({ ip: 'fe80::1%eth0' }).toString()).toBe('fe80::1%eth0')
    // @ts-expect-error text goes through from()
    expect(() => new IPAddr('192.0.2.1')).toThrow(TypeError)
  })

  test('UnixAddr.transport is unixpacket exactly for datagrams, and path begins with a NUL where the name has an @', () => {
    const transports = (['unix', 'unixgram', 'unixpacket'] as const).map(
      (n) => new UnixAddr('/s', n).transport,
    )
    expect(transports).toEqual(['unix', 'unixpacket', 'unix'])
    expect(new UnixAddr('/s', 'unix').path).toBe('/s')
    for (const name of ['@s', '\0s']) {
      const abstract = new UnixAddr(name, 'unix')
      expect([abstract.name, abstract.path, String(abstract)]).toEqual([name, '\0s', name])
    }
    expect(new UnixAddr('@s', 'unixgram').network).toBe('unixgram')
  })

  test('addresses are assignable to the types of Deno', () => {
    interface NetAddr {
      transport: 'tcp' | 'udp'
      hostname: string
      port: number
    }
    interface DenoUnixAddr {
      transport: 'unix' | 'unixpacket'
      path: string
    }
    expectTypeOf<TCPAddr>().toExtend<NetAddr & Addr>()
    expectTypeOf<UDPAddr>().toExtend<NetAddr & Addr>()
    expectTypeOf<UnixAddr>().toExtend<DenoUnixAddr & Addr>()
    expectTypeOf<IPAddr>().toExtend<Addr>()
    expectTypeOf<TCPAddr>().not.toExtend<UDPAddr>()
    const a: NetAddr = new TCPAddr(null, 1)
    expect(a.transport).toBe('tcp')
  })
})
