import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { windows } from '../src/abi/windows.ts'
import { windowsInterfaceGroup } from '../src/index.ts'
import { parseAdapters, type Adapter } from '../src/wire/adapter_addresses.ts'

// The list of Windows, written as its headers lay it out. What Windows itself says is seen where a Windows runs (tools/reach).

const check = ledger(keepLeaks())
afterAll(check)

const BASE = 0x7fff_0000_1000n

/** A buffer that structures are put into one after the other; gives their addresses. */
class Written {
  readonly bytes = new Uint8Array(4096)
  readonly base = BASE
  #end = 0

  put(size: number, write: (view: DataView) => void): bigint {
    const at = this.#end
    this.#end += (size + 7) & ~7
    write(new DataView(this.bytes.buffer, at, size))
    return BASE + BigInt(at)
  }

  /** SOCKET_ADDRESS and what it points to, in a structure that begins with length, flags and next. */
  address(size: number, next: bigint, family: number, octets: readonly number[], prefix = 0): bigint {
    const [start, length] = family === windows.AF_INET ? [4, 16] : [8, 28]
    const sockaddr = this.put(length, (view) => {
      view.setUint16(0, family, true)
      octets.forEach((octet, i) => view.setUint8(start + i, octet))
    })
    return this.put(size, (view) => {
      view.setUint32(0, size, true)
      view.setBigUint64(8, next, true)
      view.setBigUint64(16, sockaddr, true)
      view.setInt32(24, length, true)
      if (size > 56) view.setUint8(56, prefix)
    })
  }

  text(s: string): bigint {
    return this.put(2 * s.length + 2, (view) => {
      for (let i = 0; i < s.length; i++) view.setUint16(2 * i, s.charCodeAt(i), true)
    })
  }
}

const loopback6 = [...new Array<number>(15).fill(0), 1]

/** Two adapters: Ethernet with all there is, and a loopback that IPv6 alone knows. */
function written(): Written {
  const list = new Written()
  list.put(448, () => undefined) // the first adapter stands at the beginning
  const second = list.put(448, () => undefined)
  const v4 = list.address(64, 0n, windows.AF_INET, [192, 0, 2, 7], 24)
  const odd = list.address(64, v4, 33, [1, 2, 3, 4], 8)
  const six = list.address(64, 0n, windows.AF_INET6, loopback6, 128)
  const group = list.address(32, 0n, windows.AF_INET, [224, 0, 0, 251])
  const names = ['Ethernet 2', 'Schleife ∞'].map((name) => list.text(name))
  const adapters = [
    { at: BASE, next: second, index: 7, six: 9, unicast: odd, group, mtu: 1500, type: 6, status: 1, mac: 6 },
    { at: second, next: 0n, index: 0, six: 1, unicast: six, group: 0n, mtu: -1, type: 24, status: 2, mac: 0 },
  ]
  adapters.forEach((a, i) => {
    const view = new DataView(list.bytes.buffer, Number(a.at - BASE), 448)
    view.setUint32(0, 448, true)
    view.setUint32(4, a.index, true)
    view.setBigUint64(8, a.next, true)
    view.setBigUint64(24, a.unicast, true)
    view.setBigUint64(40, a.group, true)
    view.setBigUint64(72, names[i] ?? 0n, true)
    for (let octet = 0; octet < 8; octet++) view.setUint8(80 + octet, octet + 1)
    view.setUint32(88, a.mac, true)
    view.setInt32(96, a.mtu, true)
    view.setUint32(100, a.type, true)
    view.setUint32(104, a.status, true)
    view.setUint32(108, a.six, true)
  })
  return list
}

/** An adapter with its addresses as text. */
function plain({ hardwareAddr, addrs, groups, ...rest }: Adapter): object {
  return {
    ...rest,
    hardwareAddr: hardwareAddr?.toString() ?? null,
    addrs: addrs.map(String),
    groups: groups.map(String),
  }
}

test('parseAdapters() reads the adapters with their names, numbers and addresses', () => {
  expect(parseAdapters(written()).map(plain)).toEqual([
    {
      index: 7,
      name: 'Ethernet 2',
      mtu: 1500,
      hardwareAddr: '01:02:03:04:05:06',
      type: windows.IF_TYPE_ETHERNET_CSMACD,
      up: true,
      addrs: ['192.0.2.7/24'],
      groups: ['224.0.0.251'],
    },
    {
      index: 1,
      name: 'Schleife ∞',
      mtu: -1,
      hardwareAddr: null,
      type: windows.IF_TYPE_SOFTWARE_LOOPBACK,
      up: false,
      addrs: ['::1/128'],
      groups: [],
    },
  ])
})

test('parseAdapters() gives nothing for an empty list, and ends where the adapters go in a circle', () => {
  expect(parseAdapters({ bytes: new Uint8Array(0), base: 0n })).toEqual([])
  const list = written()
  new DataView(list.bytes.buffer).setBigUint64(8, BASE, true)
  const found = parseAdapters(list)
  expect(found.length).toBeLessThan(list.bytes.byteLength / 100)
  expect(new Set(found.map(({ name }) => name))).toEqual(new Set(['Ethernet 2']))
})

test('parseAdapters() never reads outside the list, whatever is in it', () => {
  const place = fc.tuple(
    fc.nat(4088),
    fc.oneof(fc.bigInt({ min: BASE - 64n, max: BASE + 4200n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  )
  fc.assert(
    fc.property(fc.array(place, { maxLength: 40 }), (places) => {
      const list = written()
      const view = new DataView(list.bytes.buffer)
      for (const [at, value] of places) view.setBigUint64(at, value, true)
      for (const { addrs, groups } of parseAdapters(list)) {
        for (const addr of [...addrs, ...groups]) expect(addr.toString()).not.toBe('')
      }
    }),
  )
})

test.skipIf(process.platform === 'win32')('on another system every call is refused', async () => {
  const refused = { cause: ErrWindows, message: 'route ip+net: not supported by windows' }
  await expect(windowsInterfaceGroup.interfaces()).rejects.toMatchObject(refused)
  await expect(windowsInterfaceGroup.interfaceAddrs()).rejects.toThrow(OpError)
  await expect(windowsInterfaceGroup.interfaceByIndex(1)).rejects.toMatchObject(refused)
  await expect(windowsInterfaceGroup.interfaceByName('Ethernet')).rejects.toMatchObject(refused)
})
