import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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

// A /net exported by one process and used by another, from the working directory, which is a folder of this run's own.
// On Windows an export has no Unix socket.
if (process.platform !== 'win32') {
  const exported = spawn('node_modules/.bin/netx', ['export', 'unix!net.sock'])
  const [line] = await once(exported.stderr, 'data')
  assert.match(String(line), /^exporting \/net at unix!net.sock\n/)
  const found = await run('resolve', '--net', 'unix!net.sock', 'tcp', '127.0.0.1:http')
  assert.deepEqual(found, { code: 0, output: '127.0.0.1:80\n', messages: '' })
  exported.kill('SIGTERM')
  await once(exported, 'close')
  assert.equal((await run('import', '--socks', '0', 'unix!net.sock')).code, 1)
}
