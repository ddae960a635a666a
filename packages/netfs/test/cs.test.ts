import type { NetFile } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echo, failure, nets, read, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

async function answers(cs: NetFile, query: string): Promise<string[] | string> {
  const words = await write(cs, query).then(
    () => null,
    (e: unknown) => (e as Error).message,
  )
  if (words !== null) return words
  cs.rewind()
  const all: string[] = []
  for (let text = await read(cs); text !== ''; text = await read(cs)) all.push(text)
  return all
}

const service = "cs: can't translate service"

describe.each(nets)('cs %s', (_name, make) => {
  test('answers as trace 2.2 does', async () => {
    await using net = await make()
    const cs = await net.open('cs')
    expect(await read(cs)).toBe('')
    const table: [string, string[] | string][] = [
      ['icmp!10.0.2.2!1', ['/net/icmp/clone 10.0.2.2!1']],
      ['tcp!10.0.2.15!80!r', ['/net/tcp/clone 10.0.2.15!80!r']],
      ['10.0.2.15', service],
      ['tcp!*!*', ['/net/tcp/clone *']],
      ['tcp!127.0.0.1!80', ['/net/tcp/clone 127.0.0.1!80']],
      ['net!127.0.0.1!80', ['/net/tcp/clone 127.0.0.1!80']],
      ['tcp!*!80', ['/net/tcp/clone 80']],
      ['tcp!*!http', ['/net/tcp/clone 80']],
      ['net!*!http', ['/net/tcp/clone 80']],
      ['tcp!::!80', ['/net/tcp/clone 80']],
      ['udp!127.0.0.1!domain', ['/net/udp/clone 127.0.0.1!53']],
      ['udp!*!1234', ['/net/udp/clone 1234']],
      ['tcp!127.0.0.1!9fs', ['/net/tcp/clone 127.0.0.1!564']],
      ['tcp!$registry!nosuchservice', service],
      ['tcp!$nosuch!1', "cs: can't translate address: dns: resource does not exist; negrcode"],
      ['tcp!localhost!nosuchservice', service],
      ['tcp!::1!80', ['/net/tcp/clone ::1!80']],
      ['tcp!fe80::1!80', ['/net/tcp/clone fe80::1!80']],
      ['tcp!127.0.0.1', service],
      ['127.0.0.1', service],
      ['tcp', service],
      ['', service],
      ['foo!bar!1', ['/net/foo/clone bar!1']],
      ['il!127.0.0.1!1', ['/net/il/clone 127.0.0.1!1']],
      ['tcp!!80', service],
      ['tcp!127.0.0.1!80\n', service],
      ['tcp!127.0.0.1!99999', ['/net/tcp/clone 127.0.0.1!99999']],
      ['tcp!127.0.0.1!0', ['/net/tcp/clone 127.0.0.1!0']],
      ['!tcp=http port=*', ['tcp=http port=80']],
      ['!nosuch=1', 'cs: no match'],
      ['!', 'cs: bad query'],
      ['ipv4', service],
      ['debug', []],
      ['add il', []],
      ['refresh', []],
      ['/net/tcp!127.0.0.1!80', ['/net//net/tcp/clone 127.0.0.1!80']],
      ['x'.repeat(1025), 'cs: request too long'],
    ]
    for (const [query, expected] of table)
      expect([query, await answers(cs, query)]).toEqual([query, expected])
  })

  test('looks names up through the target', async () => {
    await using net = await make()
    const cs = await net.open('cs')
    expect(await answers(cs, 'tcp!localhost!80')).toContain('/net/tcp/clone 127.0.0.1!80')
    expect(await answers(cs, '!dom=localhost ip=*')).toContain('dom=localhost ip=127.0.0.1')
  })

  test('reads honour the offset and never go beyond an answer', async () => {
    await using net = await make()
    const cs = await net.open('cs')
    await write(cs, 'tcp!127.0.0.1!80')
    expect(await read(cs)).toBe('27.0.0.1!80')
    expect(await read(cs)).toBe('')
    cs.rewind()
    expect(await read(cs, 5)).toBe('/net/')
    expect(await read(cs, 100)).toBe('tcp/clone 127.0.0.1!80')
    cs.rewind()
    await write(cs, 'tcp!127.0.0.2!81')
    cs.rewind()
    expect(await read(cs)).toBe('/net/tcp/clone 127.0.0.2!81')
    const other = await net.open('cs')
    expect(await read(other)).toBe('')
    expect(await failure(write(cs, 'tcp'))).toBe(service)
    cs.rewind()
    expect(await read(cs)).toBe('')
  })
})
