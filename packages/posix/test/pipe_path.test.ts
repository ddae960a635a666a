import { expect, test } from 'vitest'
import { pipePath } from '../src/hosted/pipe_path.ts'

test('pipePath() leaves the name of a pipe as it is', () => {
  for (const name of ['\\\\.\\pipe\\x', '\\\\?\\PIPE\\a\\b', '//./pipe/x', ''])
    expect(pipePath(name)).toBe(name)
})

test('pipePath() gives a path a pipe of the same name, wherever the path is written from', () => {
  expect(pipePath('/run/x.sock')).toBe('\\\\.\\pipe\\/run/x.sock')
  expect(pipePath('x.sock')).toBe(pipePath(`${process.cwd()}/x.sock`))
  expect(pipePath('./a/../x.sock')).toBe(pipePath('x.sock'))
})
