import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Capture, tap } from '../src/capture/index.ts'
import { Net, pipe, type Conn } from '../src/index.ts'
import { stacks, type Stack } from './stacks.ts'

const tshark = ['/usr/bin/tshark', '/usr/local/bin/tshark'].find(existsSync)
const run = promisify(execFile)
const encoder = new TextEncoder()

let dir: string
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-capture-'))
  await using first = await new Net(posix()).listen('tcp', '127.0.0.1:0')
  await first.close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await rm(dir, { recursive: true })
  await balanced()
})

/** The fields of a file's packets, a line each, as tshark reads them; it fails when tshark warns of anything. */
async function read(file: string, ...fields: string[]): Promise<string[][]> {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const wanted = ['_ws.expert.severity', ...fields].flatMap((field) => ['-e', field])
  const { stdout, stderr } = await run(
    tshark ?? '',
    ['-n', '-r', file, ...checks, '-T', 'fields', ...wanted],
    {
      env: { ...process.env, HOME: dir },
    },
  )
  expect(stderr.replace(/^Running as user "root".*\n/, '')).toBe('')
  const rows = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
  const warning = 0x600000
  for (const row of rows)
    for (const severity of (row[0] ?? '').split(',')) expect(Number(severity)).toBeLessThan(warning)
  return rows.map((row) => row.slice(1))
}

const hexOf = (s: string): string => Buffer.from(s).toString('hex')

async function readAll(conn: Conn): Promise<string> {
  const p = new Uint8Array(65536)
  let said = ''
  for (let n = await conn.read(p); n !== null; n = await conn.read(p))
    said += Buffer.from(p.subarray(0, n)).toString('latin1')
  return said
}

const reason = tshark === undefined ? ' (which needs tshark)' : ''

describe.each(stacks)('over %s', (_name, begin) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await begin()
  })
  afterAll(() => stack.close())

  test.skipIf(tshark === undefined).each(['127.0.0.1:0', '[::1]:0'])(
    `tap() captures a conversation of TCP at %s, which tshark reads without complaint${reason}`,
    async (address) => {
      const { net } = stack
      const listener = await net.listen('tcp', address)
      const file = join(dir, 'tcp.pcapng')
      const sink = await open(file, 'w')
      const [server, dialled] = await Promise.all([
        listener.accept(),
        net.dial('tcp', listener.addr.toString()),
      ])
      const client = tap(dialled, sink)
      await client.write(encoder.encode('question'))
      await server.read(new Uint8Array(64))
      const long = 'a long answer '.repeat(10_000)
      const writing = server.write(encoder.encode(long)).then(() => server.close())
      expect(await readAll(client)).toBe(long)
      await Promise.all([writing, client.close(), listener.close()])
      await sink.close()
      const rows = await read(file, 'tcp.srcport', 'tcp.flags.str', 'tcp.payload')
      const here = String((client.localAddr as unknown as { port: number }).port)
      const carried = (out: boolean): string =>
        rows
          .filter(([port]) => (port === here) === out)
          .map((row) => row[2])
          .join('')
      expect([carried(true), carried(false)]).toEqual([hexOf('question'), hexOf(long)])
      const flags = rows.map((row) => row[1]?.replaceAll('·', '')).join(' ')
      expect(flags).toMatch(/^S AS A AP A .* AF A AF A$/)
    },
  )

  test.skipIf(tshark === undefined)(`tap() captures datagrams, each with its peer${reason}`, async () => {
    const { net } = stack
    const [a, b] = [
      await net.listenPacket('udp', '127.0.0.1:0'),
      await net.listenPacket('udp', '127.0.0.1:0'),
    ]
    const chunks: Uint8Array[] = []
    const tapped = new Capture({ write: (bytes) => void chunks.push(bytes) }).tap(a)
    await b.writeTo(encoder.encode('ping'), a.localAddr)
    const [packet, from] = await tapped.receive()
    await tapped.send(encoder.encode('pong, and more'), from)
    expect(Buffer.from(packet).toString()).toBe('ping')
    await b.receive()
    await Promise.all([tapped.close(), b.close()])
    const file = join(dir, 'udp.pcapng')
    writeFileSync(file, Buffer.concat(chunks))
    const [here, there] = [a.localAddr, b.localAddr].map((addr) =>
      String((addr as unknown as { port: number }).port),
    )
    expect(await read(file, 'udp.srcport', 'udp.dstport', 'data.data')).toEqual([
      [there, here, hexOf('ping')],
      [here, there, hexOf('pong, and more')],
    ])
  })
})

test.skipIf(tshark === undefined)(
  `a capture has connections of several kinds, pipes and Unix sockets among them${reason}`,
  async () => {
    const file = join(dir, 'several.pcapng')
    const sink = createWriteStream(file)
    const capture = new Capture(sink)
    const net = new Net(posix())
    const path = join(dir, 'sock')
    const plain = await net.listen('unix', path)
    const listener = capture.listener(plain)
    const [server, client] = await Promise.all([listener.accept(), net.dial('unix', path)])
    const [a, b] = pipe()
    const near = capture.tap(a)
    await Promise.all([near.write(encoder.encode('in a pipe')), b.read(new Uint8Array(64))])
    await client.write(encoder.encode('in a socket'))
    await client.closeWrite()
    expect(await text(server.readable)).toBe('in a socket')
    await Promise.all([near.close(), b.close(), server.close(), client.close(), listener.close()])
    await new Promise((resolve) => sink.end(resolve))
    expect(capture.error).toBeNull()
    const lines = (await read(file, 'frame.interface_name', 'frame.comment', 'tcp.payload')).map((row) =>
      row.join(' '),
    )
    expect(lines).toContainEqual(expect.stringMatching(`^unix unix ${path}->`))
    expect(lines).toContain('pipe pipe pipe->pipe ')
    expect(lines).toContain(`pipe  ${hexOf('in a pipe')}`)
    expect(lines).toContain(`unix  ${hexOf('in a socket')}`)
  },
)

test('a tapped connection does what its own does, by every way in and out', async () => {
  const net = new Net(posix())
  const listener = await net.listen('tcp', '127.0.0.1:0')
  const [server, dialled] = await Promise.all([listener.accept(), net.dial('tcp', listener.addr.toString())])
  let bytes = 0
  const client = tap(dialled, { write: (chunk) => void (bytes += chunk.byteLength) })
  expect(client.localAddr).toBe(dialled.localAddr)
  client.setNoDelay(true)
  const page = readFileSync(new URL(import.meta.url))
  const file = await open(new URL(import.meta.url))
  const sending = client.sendFile(file).then(() => client.writev([encoder.encode('x'), encoder.encode('y')]))
  await sending
  await client.closeWrite()
  const got = createHash('sha256')
    .update(Buffer.from(await readAll(server), 'latin1'))
    .digest('hex')
  expect(got).toBe(createHash('sha256').update(page).update('xy').digest('hex'))
  expect(bytes).toBeGreaterThan(page.byteLength)
  const before = bytes
  await server.write(new Uint8Array(1000))
  // Another connection takes what comes on this one: the tap still sees it.
  const [further, accepted] = await Promise.all([
    net.dial('tcp', listener.addr.toString()),
    listener.accept(),
  ])
  const taken = further.sendFile(client, { length: 1000 })
  await taken
  expect(bytes).toBeGreaterThan(before + 1000)
  await Promise.all([
    server.close(),
    client.close(),
    further.close(),
    accepted.close(),
    file.close(),
    listener.close(),
  ])
  await expect(client.read(new Uint8Array(1))).rejects.toThrow('use of closed network connection')
})

test('what goes through waits for a slow sink; one that fails ends the capture and not the connection', async () => {
  const [a, b] = pipe()
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const slow = tap(a, { write: () => gate })
  const writing = slow.write(encoder.encode('late'))
  const reading = b.read(new Uint8Array(8))
  expect(await Promise.race([reading, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe(
    'waits',
  )
  release()
  expect(await reading).toBe(4)
  await writing
  await slow.close()
  const [c, d] = pipe()
  const failing = new Capture({ write: () => Promise.reject(new Error('the disk is full')) })
  const tapped = failing.tap(c)
  await Promise.all([tapped.write(encoder.encode('whole')), d.read(new Uint8Array(8))])
  expect(failing.error?.message).toBe('the disk is full')
  await Promise.all([tapped.close(), b.close(), d.close()])
})
