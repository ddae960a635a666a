import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Epoll } from '../src/poll/epoll.ts'
import { KeventList, keventLayouts, kqueue, SizeofTimespec } from '../src/poll/kevent.ts'
import { openSelector } from '../src/poll/open.ts'
import type { Pollable } from '../src/poll/selector.ts'
import { closeDescriptor } from '../src/sys/descriptor.ts'
import { arches, bsds, offset, struct, type Struct } from './constants.ts'

// No kernel with kqueue runs here. What is tested is everything between the kernel's bytes and the sockets; the calls
// themselves are made by kqueue_selector.test.ts, where libkqueue is installed.

const { EVFILT_READ, EVFILT_WRITE, EV_ADD, EV_CLEAR, EV_DELETE, EV_EOF, EV_ERROR, EV_OOBAND } = kqueue

/** What an event says. */
interface Event {
  ident: number
  filter: number
  flags: number
  fflags: number
  data: bigint
  slot: number
  generation: number
}

/** Lays events out as the kernel does, by the vectors' offsets. */
function layOut(s: Struct, size: number, list: KeventList, events: Event[]): void {
  const view = new DataView(list.bytes.buffer)
  events.forEach((e, i) => {
    const at = (field: string): number => i * size + offset(s, field)
    view.setBigUint64(at('Ident'), BigInt(e.ident), true)
    view.setInt16(at('Filter'), e.filter, true)
    view.setUint16(at('Flags'), e.flags, true)
    view.setUint32(at('Fflags'), e.fflags, true)
    view.setBigInt64(at('Data'), e.data, true)
    view.setUint32(at('Udata'), e.slot, true)
    view.setUint32(at('Udata') + 4, e.generation, true)
  })
}

/** Delivers and writes down, by slot and generation, what was called. */
function delivered(list: KeventList, n: number, known: (slot: number) => boolean = () => true): string[] {
  const calls: string[] = []
  list.deliver(n, (slot, generation) => {
    if (!known(slot)) return null
    const call = (what: string) => () => void calls.push(`${slot}.${generation} ${what}`)
    const pollable: Pollable = {
      readable: call('readable'),
      writable: call('writable'),
      exceptional: (error) => call(error === 0 ? 'exceptional' : `exceptional ${error}`)(),
    }
    return pollable
  })
  return calls
}

const anyEvent = fc.record<Event>({
  ident: fc.nat(),
  filter: fc.constantFrom(EVFILT_READ, EVFILT_WRITE),
  flags: fc.nat(0xffff),
  fflags: fc.nat(),
  data: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  slot: fc.integer({ min: 0, max: 0xffffffff }),
  generation: fc.integer({ min: 0, max: 0xffffffff }),
})

describe.each(bsds)('struct kevent of %s, without its kernel', (name) => {
  const layout = keventLayouts[name]
  const s = struct(name, 'amd64', 'Kevent_t')

  test.each(arches)('has the size of the C library, as struct timespec has, on %s', (arch) => {
    // Go calls the kernel of freebsd 11, whose struct has no ext.
    const ext = name === 'freebsd' ? 4 * 8 : 0
    expect(layout.size).toBe(struct(name, arch, 'Kevent_t').size + ext)
    expect(SizeofTimespec).toBe(struct(name, arch, 'Timespec').size)
  })

  test.each(arches)('KeventList.set() puts every field where the struct has it on %s', (arch) => {
    const list = new KeventList(layout, 2)
    list.set(1, 0x12345678, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0xfedcba98, 0x76543210)
    const expected = new KeventList(layout, 2)
    const event: Event = {
      ident: 0x12345678,
      filter: EVFILT_WRITE,
      flags: EV_ADD | EV_CLEAR,
      fflags: 0,
      data: 0n,
      slot: 0xfedcba98,
      generation: 0x76543210,
    }
    const none: Event = { ident: 0, filter: 0, flags: 0, fflags: 0, data: 0n, slot: 0, generation: 0 }
    layOut(struct(name, arch, 'Kevent_t'), layout.size, expected, [none, event])
    expect(list.bytes.byteLength).toBe(2 * layout.size)
    expect(list.bytes).toEqual(expected.bytes)
  })

  test('KeventList.set() leaves nothing of what an element held before', () => {
    const list = new KeventList(layout, 1)
    list.set(0, 7, EVFILT_READ, EV_ADD | EV_CLEAR, 1, 2)
    list.set(0, 8, EVFILT_WRITE, EV_DELETE, 0, 0)
    const fresh = new KeventList(layout, 1)
    fresh.set(0, 8, EVFILT_WRITE, EV_DELETE, 0, 0)
    expect(list.bytes).toEqual(fresh.bytes)
  })

  const event = (filter: number, flags: number, fflags = 0): Event => {
    return { ident: 9, filter, flags: EV_CLEAR | flags, fflags, data: 1n, slot: 3, generation: 4 }
  }

  // On darwin a read stops short only where the event says so, on the others it may stop after any event.
  const short = name === 'darwin' ? [] : ['3.4 exceptional']

  test.each<[string, Event, string[]]>([
    ['data', event(EVFILT_READ, 0), [...short, '3.4 readable']],
    ['room', event(EVFILT_WRITE, 0), ['3.4 writable']],
    [
      'the end of the stream',
      event(EVFILT_READ, EV_EOF),
      ['3.4 exceptional', '3.4 readable', '3.4 writable'],
    ],
    ['a peer that is gone', event(EVFILT_WRITE, EV_EOF), ['3.4 exceptional', '3.4 readable', '3.4 writable']],
    [
      'a connect that failed, with its error',
      event(EVFILT_WRITE, EV_EOF, 61),
      ['3.4 exceptional 61', '3.4 readable', '3.4 writable'],
    ],
    ['an error', event(EVFILT_READ, EV_ERROR), ['3.4 exceptional', '3.4 readable', '3.4 writable']],
    ['urgent data', event(EVFILT_READ, EV_OOBAND), ['3.4 exceptional', '3.4 readable']],
  ])('KeventList.deliver() tells of %s', (_, e, calls) => {
    const list = new KeventList(layout, 1)
    layOut(s, layout.size, list, [e])
    expect(delivered(list, 1)).toEqual(calls)
  })

  test('KeventList.deliver() finds every slot and generation, in order, and passes over the unknown', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), (events) => {
        const list = new KeventList(layout, events.length)
        layOut(s, layout.size, list, events)
        const known = (slot: number): boolean => slot % 2 === 0
        const calls = delivered(list, events.length, known)
        const expected = events
          .filter((e) => known(e.slot))
          .map((e) => `${e.slot}.${e.generation} ${e.filter === EVFILT_READ ? 'readable' : 'writable'}`)
        const seen = calls.filter((call) => expected.includes(call))
        expect(new Set(seen)).toEqual(new Set(expected))
        expect(calls.every((call) => expected.some((e) => e.split(' ')[0] === call.split(' ')[0]))).toBe(true)
      }),
    )
  })

  test('KeventList.deliver() never throws on garbage, and touches no event beyond the count', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3 * layout.size, maxLength: 3 * layout.size }), (garbage) => {
        const list = new KeventList(layout, 3)
        list.bytes.set(garbage)
        let found = 0
        list.deliver(2, () => {
          found++
          return null
        })
        expect(found).toBe(2)
        list.deliver(-1, () => expect.unreachable())
        expect(list.bytes).toEqual(garbage)
      }),
    )
  })
})

test('openSelector() opens epoll on linux', () => {
  const selector = openSelector()
  expect(selector).toBeInstanceOf(Epoll)
  closeDescriptor(selector.fd)
})
