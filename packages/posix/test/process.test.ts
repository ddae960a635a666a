import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

// What a process does with the package as users have it.
const prologue = `
import { listenTCPSync, posix } from '@net/posix'
import { parseIP, TCPAddr } from '@net/addr'
const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
const [c, s] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
const p = new Uint8Array(16)
`

async function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', prologue + script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit])
  return { code, stdout, stderr }
}

test('process.exit() ends the process while operations are pending, also from where one settled', async () => {
  expect(await run(`void c.read(p); void s.read(p); void listener.accept(); process.exit(7)`)).toEqual({
    code: 7,
    stdout: '',
    stderr: '',
  })
  expect(await run(`void s.read(p).then(() => process.exit(8)); await c.write(p); await c.read(p)`)).toEqual({
    code: 8,
    stdout: '',
    stderr: '',
  })
})

test('an uncaught exception does not disturb the sockets of a process that goes on', async () => {
  const { code, stdout } = await run(`
    process.on('uncaughtException', (e) => console.log('caught', e.message))
    const echo = (async () => {
      for (;;) {
        const n = await s.read(p)
        if (n === null) return
        setImmediate(() => { throw new Error('one') })
        queueMicrotask(() => { throw new Error('two') })
        await s.write(p.subarray(0, n))
      }
    })()
    const q = new Uint8Array(4)
    for (let i = 0; i < 3; i++) {
      await c.write(q)
      console.log(await c.read(q))
    }
    await c.close()
    await echo
    await s.close()
    await listener.close()
  `)
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  expect(lines.filter((l) => l === '4')).toHaveLength(3)
  expect(lines.filter((l) => l === 'caught one')).toHaveLength(3)
  expect(lines.filter((l) => l === 'caught two')).toHaveLength(3)
})

test('an exception that nobody catches ends the process as always', async () => {
  const { code, stderr } = await run(
    `void s.read(p).then(() => { throw new Error('fatal') }); await c.write(p); await c.read(p)`,
  )
  expect(code).toBe(1)
  expect(stderr).toContain('Error: fatal')
})
