import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IP, parseIP } from '@net/addr'
import {
  PeerCache,
  putInet,
  putUnix,
  resetLength,
  sockaddrOut,
  sockaddrIn,
  getIP,
  sockaddrInLength,
  getPort,
  getTCPAddr,
  packedAddr,
  unpackedAddr,
  getUDPAddr,
  getUnixAddr,
  getZone,
  zoneIndex,
  zoneName,
} from '../src/wire/sockaddr.ts'
import { linux } from '../src/abi/linux.ts'
import { abi } from '../src/abi/system.ts'
import { arches, offset, struct, systems } from './constants.ts'

function ip(s: string): IP {
  const parsed = parseIP(s)
  if (parsed === null) throw new Error(s)
  return parsed
}

/** Hands what was put for the kernel back as if the kernel had given it. */
function turn(length: number): void {
  sockaddrIn.fill(0xaa)
  sockaddrIn.set(sockaddrOut.subarray(0, length))
  new DataView(sockaddrInLength.buffer).setUint32(0, length, true)
}

const anyIPv4 = fc.integer({ min: 0, max: 0xffffffff }).map((n) => IP.fromUint32(n))
const word = fc.integer({ min: 0, max: 0xffffffff })
const anyIPv6 = fc.tuple(word, word, word, word).map(([a, b, c, d]) => IP.fromUint32s(a, b, c, d))
const anyPort = fc.integer({ min: 0, max: 65535 })
// Numbers of interfaces that do not exist, which stay numbers.
const anyZone = fc.integer({ min: 1_000_000, max: 0xffffff })

describe.each(Object.entries(systems))('socket addresses of %s', (name, on) => {
  function header(length: number, family: number): number[] {
    return on.has.sockaddrLength ? [length, family] : [family, 0]
  }

  test.each(arches)('putInet() puts struct sockaddr_in as on %s', (arch) => {
    sockaddrOut.fill(0xaa)
    const s = struct(name, arch, 'RawSockaddrInet4')
    expect(putInet(on.AF_INET, ip('192.0.2.33'), 0x1234, '', on)).toBe(s.size)
    const expected = new Uint8Array(s.size)
    expected.set(header(s.size, on.AF_INET))
    expected.set([0x12, 0x34], offset(s, 'Port'))
    expected.set([192, 0, 2, 33], offset(s, 'Addr'))
    expect(sockaddrOut.subarray(0, s.size)).toEqual(expected)
    expect(offset(s, 'Family')).toBe(on.has.sockaddrLength ? 1 : 0)
  })

  test.each(arches)('putInet() puts struct sockaddr_in6 as on %s', (arch) => {
    sockaddrOut.fill(0xaa)
    const s = struct(name, arch, 'RawSockaddrInet6')
    expect(putInet(on.AF_INET6, ip('2001:db8::1:fffe'), 0xfedc, '1193046', on)).toBe(s.size)
    const expected = new Uint8Array(s.size)
    expected.set(header(s.size, on.AF_INET6))
    expected.set([0xfe, 0xdc], offset(s, 'Port'))
    expected.set([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xfe], offset(s, 'Addr'))
    expected.set([0x56, 0x34, 0x12, 0], offset(s, 'Scope_id'))
    expect(sockaddrOut.subarray(0, s.size)).toEqual(expected)
  })

  test.each(arches)('putUnix() puts struct sockaddr_un as on %s', (arch) => {
    sockaddrOut.fill(0xaa)
    const s = struct(name, arch, 'RawSockaddrUnix')
    expect(putUnix('/a', on)).toBe(offset(s, 'Path') + 3)
    expect(sockaddrOut.subarray(0, 6)).toEqual(Uint8Array.of(...header(5, on.AF_UNIX), 0x2f, 0x61, 0, 0xaa))
  })

  test('putInet() takes no IPv6 address for an IPv4 socket', () => {
    expect(putInet(on.AF_INET, ip('2001:db8::1'), 1, '', on)).toBe(-1)
  })

  test('putInet() takes null, and an IPv4 wildcard on an IPv6 socket, for every address', () => {
    for (const any of [null, ip('0.0.0.0'), ip('::')]) {
      turn(putInet(on.AF_INET6, any, 7, '', on))
      expect(getIP(on).toString()).toBe('::')
    }
    turn(putInet(on.AF_INET, null, 7, '', on))
    expect(getTCPAddr(on).toString()).toBe('0.0.0.0:7')
  })

  test('getIP() gives an IPv4-mapped address in its IPv4 form', () => {
    turn(putInet(on.AF_INET6, ip('192.0.2.1'), 7, '', on))
    expect(sockaddrIn.subarray(8, 24)).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1),
    )
    expect(getUDPAddr(on).toString()).toBe('192.0.2.1:7')
  })

  test('an IPv4 address comes back as it was put', () => {
    fc.assert(
      fc.property(anyIPv4, anyPort, (address, port) => {
        turn(putInet(on.AF_INET, address, port, '', on))
        expect(getIP(on).equal(address)).toBe(true)
        expect([getPort(), getZone(on)]).toEqual([port, ''])
      }),
    )
  })

  test('an IPv6 address comes back as it was put', () => {
    fc.assert(
      fc.property(anyIPv6, anyPort, anyZone, (address, port, zone) => {
        turn(putInet(on.AF_INET6, address, port, String(zone), on))
        expect(getIP(on).equal(address)).toBe(true)
        expect([getPort(), getZone(on)]).toEqual([port, String(zone)])
      }),
    )
  })

  test('a path comes back as it was put', () => {
    const anyPath = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((s) => /^[^@\0][^\0]*$/.test(s))
    fc.assert(
      fc.property(anyPath, (path) => {
        const length = putUnix(path, on)
        if (Buffer.byteLength(path) >= on.sunPathLength) {
          expect(length).toBe(-1)
          return
        }
        turn(length)
        expect(getUnixAddr('unix', on).name).toBe(path)
        // The BSDs may give more than there is: the rest of the struct, all zero.
        sockaddrIn.fill(0, length)
        new DataView(sockaddrInLength.buffer).setUint32(0, 2 + on.sunPathLength, true)
        expect(getUnixAddr('unix', on).name).toBe(path)
      }),
    )
  })

  test('putUnix() takes a path of all of sun_path but one byte, for the NUL, and not of more', () => {
    const longest = 'p'.repeat(on.sunPathLength - 1)
    turn(putUnix(longest, on))
    expect(getUnixAddr('unix', on).name).toBe(longest)
    expect(putUnix(`${longest}p`, on)).toBe(-1)
    expect(putUnix(`${longest}pp`, on)).toBe(-1)
    // The kernel counts bytes: each of these is two.
    expect(putUnix('é'.repeat(on.sunPathLength / 2), on)).toBe(-1)
  })

  test('decoding never throws on garbage', () => {
    const garbage = fc.uint8Array({ minLength: sockaddrIn.byteLength, maxLength: sockaddrIn.byteLength })
    fc.assert(
      fc.property(garbage, word, (bytes, length) => {
        sockaddrIn.set(bytes)
        new DataView(sockaddrInLength.buffer).setUint32(0, length, true)
        expect(getTCPAddr(on).port).toBe(getPort())
        expect(getUDPAddr(on).port).toBe(getPort())
        expect(getUnixAddr('unixgram', on).net).toBe('unixgram')
        expect(typeof getZone(on)).toBe('string')
      }),
    )
  })
})

describe('names of Unix sockets', () => {
  test('an abstract name comes back as it was put on linux, with the NULs in it', () => {
    const anyName = fc.string({ unit: 'binary', maxLength: 26 })
    fc.assert(
      fc.property(anyName, fc.constantFrom('@', '\0'), (rest, mark) => {
        const length = putUnix(mark + rest, linux)
        expect(length).toBe(3 + Buffer.byteLength(rest))
        turn(length)
        expect(sockaddrIn[2]).toBe(0)
        expect(getUnixAddr('unix', linux).name).toBe(`@${rest}`)
      }),
    )
    turn(putUnix('@a\0\0b\0', linux))
    expect(getUnixAddr('unix', linux).name).toBe('@a\0\0b\0')
  })

  test('putUnix() takes an abstract name of all of sun_path on linux, and not of more', () => {
    const longest = `@${'n'.repeat(107)}`
    turn(putUnix(longest, linux))
    expect(getUnixAddr('unix', linux).name).toBe(longest)
    expect(putUnix(`${longest}n`, linux)).toBe(-1)
  })

  test('putUnix() leaves the choice of a name to linux when it is empty', () => {
    expect(putUnix('', linux)).toBe(2)
    turn(2)
    expect(getUnixAddr('unix', linux).name).toBe('')
  })

  test.each(['darwin', 'freebsd', 'openbsd'])(
    "putUnix() takes '@' for a letter and no empty name on %s",
    (name) => {
      const on = systems[name]
      turn(putUnix('@name', on))
      expect(getUnixAddr('unix', on).name).toBe('@name')
      expect(putUnix('', on)).toBe(-1)
    },
  )

  test.each(['darwin', 'freebsd', 'openbsd'])('getUnixAddr() knows an unnamed socket of %s', (name) => {
    // The struct is there, with nothing but NULs in the path.
    turn(2)
    sockaddrIn.fill(0, 2, 16)
    for (const length of [0, 2, 16]) {
      new DataView(sockaddrInLength.buffer).setUint32(0, length, true)
      expect(getUnixAddr('unix', systems[name]).name).toBe('')
    }
  })
})

test('packedAddr() holds an IPv4 address of either family and its port, and no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffffff }), anyPort, fc.boolean(), (n, port, mapped) => {
      turn(putInet(mapped ? abi.AF_INET6 : abi.AF_INET, IP.fromUint32(n), port, ''))
      expect(unpackedAddr(packedAddr() ?? NaN)).toEqual(getTCPAddr())
    }),
  )
  turn(putInet(abi.AF_INET6, IP.fromUint32s(0x20010db8, 0, 0xffff, 1), 80, ''))
  expect(packedAddr()).toBeNull()
})

test('resetLength() tells how much room there is', () => {
  resetLength()
  expect(new DataView(sockaddrInLength.buffer).getUint32(0, true)).toBe(sockaddrIn.byteLength)
})

test('PeerCache.get() makes one address of a run from one peer', () => {
  const peers = new PeerCache()
  const from = (s: string, port: number, zone = ''): string => {
    const address = ip(s)
    const family = address.to4() === null ? linux.AF_INET6 : linux.AF_INET
    turn(putInet(family, address, port, zone, linux))
    const first = peers.get()
    expect(peers.get()).toBe(first)
    return first.toString()
  }
  expect(from('192.0.2.1', 1)).toBe('192.0.2.1:1')
  expect(from('192.0.2.1', 2)).toBe('192.0.2.1:2')
  expect(from('2001:db8::1', 2)).toBe('[2001:db8::1]:2')
  expect(from('2001:db8::2', 2)).toBe('[2001:db8::2]:2')
  expect(from('fe80::1', 2, '1000001')).toBe('[fe80::1%1000001]:2')
  expect(from('fe80::1', 2, '1000002')).toBe('[fe80::1%1000002]:2')
  expect(from('192.0.2.1', 1)).toBe('192.0.2.1:1')
})

test('zoneIndex() and zoneName() know the loopback interface, and keep the number of one that is not there', () => {
  expect(zoneName(zoneIndex('lo'))).toBe('lo')
  expect(zoneIndex('1000001')).toBe(1_000_001)
  expect(zoneName(1_000_001)).toBe('1000001')
  expect(zoneIndex('no-such-interface')).toBe(0)
  expect(zoneIndex('99999999999')).toBe(0xffffff)
})
