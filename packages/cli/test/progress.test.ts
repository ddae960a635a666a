import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '@net/core'
import { readFull } from '@net/core/io'
import { Running } from '@net/peers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bin } from './running.ts'

const SIZE = 32 << 20 // bytes, more than buffers of the kernel hold

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-progress-'))
  await writeFile(join(dir, 'file'), Buffer.alloc(SIZE))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

const script = ['/usr/bin/script', '/bin/script'].find(existsSync)
const absent = script === undefined ? ' (skipped: script is not installed)' : ''

/** Runs netx on a terminal. */
const onTerminal = (line: string): Running =>
  new Running(script ?? '', '-qfec', `exec '${process.execPath}' '${bin}' ${line}`, '/dev/null')

test.skipIf(script === undefined)(
  `netx dial shows on a terminal how much of a file has gone, and what remains${absent}`,
  async () => {
    await using listener = await listen('tcp', '127.0.0.1:0')
    await using dialling = onTerminal(`dial ${listener.addr.toString()} < '${join(dir, 'file')}'`)
    await using conn = await listener.accept()
    await readFull(conn, new Uint8Array(SIZE / 4))
    await dialling.printed(/\[=+-+\] \d+% of 33\.6 MB, \d[\d.]* \w+\/s, \d+:\d\d left/)
    await readFull(conn, new Uint8Array(SIZE - SIZE / 4))
    await conn.close()
    await dialling.closed
    expect(dialling.child.exitCode).toBe(0)
    // eslint-disable-next-line no-control-regex -- the line is cleared at the end
    expect(dialling.text).toMatch(/left[^\n]*\x1b\[\d?K[^\n]*$/)
  },
)

test.skipIf(script === undefined)(
  `netx dial shows on a terminal how much has come for a file, which gets only that${absent}`,
  async () => {
    await using listener = await listen('tcp', '127.0.0.1:0')
    const out = join(dir, 'out')
    await using dialling = onTerminal(`dial ${listener.addr.toString()} < /dev/null > '${out}'`)
    await using conn = await listener.accept()
    await conn.write(Buffer.from('hello\n'))
    await dialling.printed(/6 bytes received, \d[\d.]* \w+\/s, \d+:\d\d/)
    await conn.close()
    await dialling.closed
    expect(dialling.child.exitCode).toBe(0)
    expect(await readFile(out, 'utf8')).toBe('hello\n')
  },
)
