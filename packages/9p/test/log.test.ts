import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('NODE_DEBUG=net tells why a session was ended by its server, which the client cannot know', async () => {
  const script = `
    import { serve9P } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const stream = {
      read: async (p) => new TextEncoder().encodeInto('GET / HTTP/1.1', p).written,
      write: async (p) => p.byteLength,
      close: async () => {},
    }
    await serve9P(stream, { attach: () => Promise.reject(new Error('nobody may')) }).done`
  const run = (NODE_DEBUG: string): Promise<{ stderr: string }> =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NODE_DEBUG },
    })
  expect((await run('net')).stderr).toMatch(
    /^NET \d+: 9P session ended: MessageError: the peer does not speak 9P, it says "GET \/ HTTP\/1\.1"$/m,
  )
  expect((await run('')).stderr).toBe('')
})
