import { listen } from '@net/core'
import { expect, test } from 'vitest'
import { answered, objectsOf } from './finished.ts'

test('netx dial -z tells which ports of a host are open', async () => {
  await using open = await listen('tcp', '127.0.0.1:0')
  const [a, b] = [open.addr.port, 1]
  expect(await answered('dial', '-z', '127.0.0.1', String(a))).toEqual({
    code: 0,
    stdout: `${a} open\n`,
    stderr: '',
  })
  expect(await answered('dial', '-z', 'tcp4', '127.0.0.1', String(b), `${a}-${a}`)).toEqual({
    code: 1,
    stdout: `${b} closed: connection refused\n${a} open\n`,
    stderr: '',
  })
  const { stdout } = await answered('dial', '-z', '--json', '127.0.0.1', String(a), String(b))
  const about = { network: 'tcp', host: '127.0.0.1' }
  expect(objectsOf(stdout)).toEqual([
    { ...about, port: String(a), open: true },
    {
      ...about,
      port: String(b),
      open: false,
      error: expect.stringContaining('connection refused') as string,
    },
  ])
})

test('netx dial -z tries many ports, each once, in their order', async () => {
  await using open = await listen('tcp', '127.0.0.1:0')
  const last = open.addr.port
  const { code, stdout } = await answered('dial', '-z', '127.0.0.1', `${last - 200}-${last}`)
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(
    Array.from({ length: 201 }, (_, i) => last - 200 + i),
  )
  expect([code, lines.at(-1)]).toEqual([1, `${last} open`])
})

test.each([
  [['127.0.0.1']],
  [['udp', '127.0.0.1', '53']],
  [['127.0.0.1', '2-1']],
  [['127.0.0.1', '1-65536']],
])('netx dial -z shows its usage when it is called with %j', async (args) => {
  const { code, stdout, stderr } = await answered('dial', '-z', ...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('usage: netx dial')
})
