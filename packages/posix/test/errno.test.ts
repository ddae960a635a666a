import { constants } from 'node:os'
import { expect, test } from 'vitest'
import * as errno from '../src/abi/errno.ts'
import { linux } from '../src/abi/linux.ts'
import { abi } from '../src/abi/system.ts'

test('errno.ts has the negated numbers of the running kernel', () => {
  const numbers: Readonly<Record<string, number>> = constants.errno
  expect(Object.keys(errno).length).toBeGreaterThan(0)
  for (const [name, value] of Object.entries(errno)) expect(value, name).toBe(-(numbers[name] ?? NaN))
})

test('a misspelt name of an error number or of a feature does not compile', () => {
  // @ts-expect-error the name is EAGAIN
  expect(abi.errno.EAGIAN).toBeUndefined()
  // @ts-expect-error not every kernel has it
  expect(linux.errno.EDOOFUS).toBeUndefined()
  // @ts-expect-error the name is EINVAL
  expect(errno.EINVALID).toBeUndefined()
  // @ts-expect-error the name is recvmmsg
  expect(abi.has.recvmsg).toBeUndefined()
})
