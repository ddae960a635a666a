import { readFileSync } from 'node:fs'
import { dial, listen, OpError } from '@net/core'
import { expect, test } from 'vitest'

// The rows of the page's last table: a call, its error, its code.
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `(dial|listen)\('(\w+)', '(.*?)'\)` +\| `(.*?)` +\| (\w*) *\|$/gm)].map(
  ([, call = '', network = '', address = '', message = '', code = '']) => ({
    call,
    network,
    address,
    message,
    code,
  }),
)

test('docs/errors.md has calls to try', () => {
  expect(rows.length).toBe(8)
})

test.each(rows)(
  '$call($network, $address) fails as docs/errors.md says',
  async ({ call, network, address, message, code }) => {
    const e: unknown = await (call === 'dial' ? dial(network, address) : listen(network, address)).catch(
      (reason: unknown) => reason,
    )
    if (!(e instanceof OpError)) throw new Error('it did not fail with an OpError', { cause: e })
    expect(e.message).toBe(message)
    expect(e.code ?? '').toBe(code)
  },
)
