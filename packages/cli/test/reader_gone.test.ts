import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { finish, start } from './finished.ts'
import { bin } from './running.ts'

/**
 * Runs a pipeline of bash in which netx is `$netx`, and gives what it printed, with the exit code of its
 * first command.
 */
async function pipeline(line: string): Promise<string> {
  const script = `${line}; echo "code \${PIPESTATUS[0]}"`
  const child = spawn('bash', ['-c', script], { env: { ...process.env, netx: `${process.execPath} ${bin}` } })
  child.stdin.end()
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return stdout + stderr
}

test('netx ends quietly when the reader of what it prints has gone', async () => {
  expect(await pipeline('$netx targets | true')).toBe('code 0\n')
  expect(await pipeline('$netx help | head -n 1')).toBe('Usage: netx <command> [options]\ncode 0\n')
  expect(await pipeline('$netx fly 2>&1 | true')).toBe('code 2\n')
})

test('netx dial ends when the reader of what comes has gone, and what comes has no end', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    const more = (): void => {
      while (socket.write('hello '.repeat(1000)));
    }
    socket.on('drain', more)
    more()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await pipeline(`$netx dial 127.0.0.1 ${port} | head -c 5`)).toBe('hellocode 0\n')
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
})

test('netx listen ends when nobody reads the packets that it prints', async () => {
  const listening = start('listen', '-v', 'udp', '127.0.0.1', '0')
  const [line] = (await once(listening.stderr, 'data')) as [Buffer]
  const port = /:(\d+)\n$/.exec(line.toString())?.[1] ?? ''
  listening.stdout.destroy()
  const closed = once(listening, 'close')
  const sender = start('dial', '--wait', '0', 'udp', '127.0.0.1', port)
  sender.stdin.write('one')
  const [told] = (await once(listening.stderr.resume(), 'data')) as [Buffer]
  expect(told.toString()).toMatch(/^3 bytes from /)
  // The output breaks with the write of one of the two packets.
  await finish(sender, 'two')
  expect((await closed)[0]).toBe(0)
})
