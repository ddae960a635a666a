import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { netx } from '@net/cli'

/** @param {string[]} args */
async function run(...args) {
  const [input, output, messages] = [new PassThrough(), new PassThrough(), new PassThrough()]
  input.end()
  const code = await netx(args, { input, output, messages })
  output.end()
  messages.end()
  return { code, output: await text(output), messages: await text(messages) }
}

const targets = await run('targets')
assert.equal(targets.code, 0)
assert.match(targets.output, /linux.*plan9/)

assert.deepEqual(await run('dial', 'tcp', '127.0.0.1'), {
  code: 1,
  output: '',
  messages: 'netx: dial tcp: address 127.0.0.1: missing port in address\n',
})
assert.equal((await run('fly')).code, 2)
