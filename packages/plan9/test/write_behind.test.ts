import type { NetFile } from '@net/contract'
import { expect, test } from 'vitest'
import { WriteBehind } from '../src/conn/write_behind.ts'

/** A data file that takes what is written and answers when it is told. */
class SlowFile implements NetFile {
  readonly ioSize = 1000
  readonly outstanding = 4
  /** What each message carried. */
  readonly messages: string[] = []
  readonly #answers: ((e: Error | null) => void)[] = []

  read(): Promise<number> {
    throw new Error('nobody reads')
  }

  write(p: Uint8Array): Promise<number> {
    this.messages.push(Buffer.from(p).toString())
    return new Promise((resolve, reject) => {
      this.#answers.push((e) => {
        if (e === null) resolve(p.byteLength)
        else reject(e)
      })
    })
  }

  /** Answers the message that waits longest. */
  async answer(e: Error | null = null): Promise<void> {
    this.#answers.shift()?.(e)
    await turn()
  }

  rewind(): void {
    // A conversation's data have no offset.
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function begin(): { file: SlowFile; behind: WriteBehind; put: (text: string) => number; busy: number[] } {
  const file = new SlowFile()
  const busy: number[] = []
  const behind = new WriteBehind(
    file,
    () => {},
    (change) => busy.push(change),
  )
  const put = (text: string): number => behind.put(Buffer.from(text), 0, text.length)
  return { file, behind, put, busy }
}

test('what is written goes at once while nothing is on its way', async () => {
  const { file, behind, put, busy } = begin()
  put('a')
  expect(file.messages).toEqual(['a'])
  await file.answer()
  put('b')
  expect(file.messages).toEqual(['a', 'b'])
  expect(behind.idle).toBe(false)
  await file.answer()
  expect(behind.idle).toBe(true)
  expect(busy).toEqual([1, -1, 1, -1])
})

test('writes that a program makes one after the other go together', async () => {
  const { file, put } = begin()
  const texts = Array.from({ length: 40 }, (_, i) => `${i};`.repeat(10))
  for (const text of texts) {
    put(text)
    await Promise.resolve()
  }
  for (let i = 0; i < texts.length; i++) await file.answer()
  expect(file.messages.join('')).toBe(texts.join(''))
  // Each has room for as many bytes as are on their way, the first ones for little.
  expect(file.messages.map((text) => text.length)).toEqual([20, 20, 40, 80, 160, 320, 460])
})

test('one that stops writing waits for no answer', async () => {
  const { file, put } = begin()
  put('a'.repeat(100))
  put('b'.repeat(10))
  expect(file.messages).toHaveLength(1)
  await turn()
  expect(file.messages[1]).toBe('b'.repeat(10))
  put('c')
  await turn()
  expect(file.messages[2]).toBe('c')
})

test('a message goes before the program stops writing when it is full', () => {
  const { file, put } = begin()
  put('a'.repeat(600))
  expect(put('b'.repeat(1500))).toBe(1500)
  expect(file.messages.map((text) => text.length)).toEqual([600, 1000])
})

test('it takes no more than four of the longest messages, or 64 KiB', async () => {
  const { file, behind, put } = begin()
  expect(behind.room).toBe(65_536)
  expect(put('a'.repeat(70_000))).toBe(65_536)
  expect(behind.room).toBe(0)
  expect(put('b')).toBe(0)
  await file.answer()
  expect(behind.room).toBe(1000)
})

test('it takes nothing behind an error, and what was gathered does not go', async () => {
  const { file, behind, put, busy } = begin()
  put('a'.repeat(100))
  put('b')
  const drained = behind.drained()
  await Promise.all([file.answer(new Error('i/o on hungup channel')), drained])
  expect(behind.room).toBe(-1)
  expect(behind.error).not.toBeNull()
  expect(put('c')).toBe(0)
  await turn()
  expect(file.messages.join('')).toBe('a'.repeat(100))
  expect(busy).toEqual([1, -1])
})
