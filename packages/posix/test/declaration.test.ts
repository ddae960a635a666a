import { expect, test } from 'vitest'
import { bound, parseDeclaration, type CType } from '../src/ffi/declaration.ts'
import type { CArgument } from '../src/ffi/ffi.ts'

test('parseDeclaration() takes a declaration apart', () => {
  expect(parseDeclaration('intptr_t recv(int fd, void *buf, size_t len, int flags)')).toEqual({
    name: 'recv',
    result: 'intptr_t',
    parameters: ['int', 'pointer', 'size_t', 'int'],
    variadic: false,
    strings: false,
  })
  expect(parseDeclaration('int sched_yield()')).toMatchObject({ name: 'sched_yield', parameters: [] })
  expect(parseDeclaration('uint32_t if_nametoindex(const char *name)')).toMatchObject({
    result: 'uint32_t',
    parameters: ['pointer'],
    strings: true,
  })
  expect(parseDeclaration('int fcntl(int fd, int cmd, ...)')).toMatchObject({
    parameters: ['int', 'int', 'int'],
    variadic: true,
  })
  expect(parseDeclaration('int poll(void *fds, unsigned long nfds, int timeout)').parameters[1]).toBe(
    'unsigned long',
  )
})

test('parseDeclaration() throws a TypeError for a type that it does not know', () => {
  expect(() => parseDeclaration('double sqrt(double x)')).toThrow(TypeError)
  expect(() => parseDeclaration('nothing of C')).toThrow(TypeError)
})

const words: Readonly<Record<CType, string>> = {
  int: 'i',
  uint32_t: 'u',
  'unsigned long': 'ul',
  size_t: 'z',
  intptr_t: 'ip',
  uintptr_t: 'up',
  pointer: 'p',
}

test('bound() asks for a function in the words of the host', () => {
  let asked: unknown[] = []
  bound('intptr_t recv(int fd, void *buf, size_t len, int flags)', words, (...what) => {
    asked = what
    return () => 0
  })
  expect(asked).toEqual(['recv', ['i', 'p', 'z', 'i'], 'ip'])
})

/** What a function was called with that was made of a declaration. */
function calledWith(declaration: string, ...args: CArgument[]): unknown[] {
  let got: unknown[] = []
  const f = bound(declaration, words, () => (...passed) => {
    got = passed
    return 7n
  })
  expect(f(...args)).toBe(7)
  return got
}

test('bound() leaves the type of a variadic argument out', () => {
  expect(calledWith('int fcntl(int fd, int cmd, ...)', 3, 4, 'int', 5)).toEqual([3, 4, 5])
})

test('bound() makes bytes of a string and a number of an address', () => {
  expect(calledWith('int unlink(const char *path)', '/é')).toEqual([Uint8Array.of(0x2f, 0xc3, 0xa9, 0)])
  expect(calledWith('uintptr_t if_indextoname(uint32_t index, void *name)', 1, null)).toEqual([1, null])
})

test('bound() gives what a host bound where nothing has to be done', () => {
  const native = (): number => 0
  expect(bound('int close(int fd)', words, () => native)).toBe(native)
})
