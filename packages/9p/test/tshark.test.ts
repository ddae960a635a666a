import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Client, DONT_TOUCH, ORDWR, RemoteFile, serve9P } from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { pcap } from './pcap.ts'
import { streamPair } from './stream_pair.ts'

const program = 'tshark'
const missing = spawnSync(program, ['--version']).status === 0 ? '' : ': tshark is not installed'

/** Records a session with every message; gives the writes of both sides in order. */
async function record(msize: number): Promise<[0 | 1, Uint8Array][]> {
  const writes: [0 | 1, Uint8Array][] = []
  const [near, far] = streamPair({ tap: (from, bytes) => writes.push([from, bytes.slice()]) })
  const tree = new MemoryTree()
  const queue = tree.queue('q')
  for (let i = 0; i < 30; i++) tree.file(`file${i}`, 'text')
  const session = serve9P(far, {
    attach: (who) => tree.attach(who),
    auth: (uname) => {
      if (uname !== 'glenda') throw new Error('unknown user')
      const qid = { type: 0x08, version: 0, path: 99n }
      return {
        node: { qid, open: () => tree.root.open(), stat: () => tree.root.stat() },
        write: (p) => p.length,
      }
    },
  })
  const client = await Client.connect(near, { msize })
  await client.auth({ uname: 'nobody' }).catch(() => {})
  const auth = await client.auth({ uname: 'glenda' })
  await auth.write(new TextEncoder().encode('secret'))
  const root = await client.attach({ uname: 'glenda', aname: 'main', auth })
  const file = await RemoteFile.create(root, 'large', 0o644, ORDWR)
  await file.write(new Uint8Array(20_000).map((_, i) => i))
  await file.readAll()
  await file.fid.wstat({ ...DONT_TOUCH, name: 'naïve' })
  await file.stat()
  await (await RemoteFile.open(root, '')).readDir()
  await root.walk(['no', 'such']).catch(() => {})
  await (await root.walk(['file1'])).clunk()
  const q = await RemoteFile.open(root, 'q')
  const abort = new AbortController()
  const reading = q.read(new Uint8Array(10), { signal: abort.signal })
  await file.stat()
  abort.abort()
  await reading.catch(() => {})
  await file.fid.remove()
  queue.put(1)
  await q.read(new Uint8Array(10))
  await root.walk(['..', '..', 'file2'])
  await client.close()
  await session.done
  return writes
}

/** The message types of one direction, cut out of its bytes by their sizes alone. */
function types(writes: readonly (readonly [0 | 1, Uint8Array])[], from: 0 | 1): number[] {
  const b = Buffer.concat(writes.filter((w) => w[0] === from).map((w) => w[1]))
  const found: number[] = []
  for (let at = 0; at < b.length; at += b.readUInt32LE(at)) found.push(b.readUInt8(at + 4))
  return found
}

function tshark(file: string, ...args: string[]): string[] {
  const run = spawnSync(program, ['-r', file, '-n', '-d', 'tcp.port==564,9p', ...args], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return run.stdout.split('\n').filter((line) => line !== '')
}

const ODD =
  '_ws.malformed || _ws.short || tcp.analysis.flags || tcp.checksum.status == 0 || (9p && _ws.expert)'

describe(`tshark${missing}`, () => {
  test.skipIf(missing !== '')('tshark does find what is malformed', () => {
    const directory = mkdtempSync(join(tmpdir(), '9p-'))
    try {
      const file = join(directory, 'bad.pcap')
      // An Rerror whose text is longer than its frame.
      writeFileSync(file, pcap([[1, Uint8Array.of(11, 0, 0, 0, 107, 1, 0, 200, 0, 120, 121)]]))
      expect(tshark(file, '-Y', ODD)).toHaveLength(1)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test.skipIf(missing !== '').each([8216, 131_096])(
    'tshark finds nothing malformed at an msize of %i',
    async (msize) => {
      const writes = await record(msize)
      const directory = mkdtempSync(join(tmpdir(), '9p-'))
      try {
        const file = join(directory, 'session.pcap')
        writeFileSync(file, pcap(writes))
        expect(tshark(file, '-o', 'tcp.check_checksum:TRUE', '-Y', ODD)).toEqual([])
        for (const from of [0, 1] as const) {
          const port = `tcp.srcport == ${[40_000, 564][from]} && 9p`
          const seen = tshark(file, '-Y', port, '-T', 'fields', '-e', '9p.msgtype').flatMap((line) =>
            line.split(','),
          )
          expect(seen.map(Number)).toEqual(types(writes, from))
        }
        const all = new Set([...types(writes, 0), ...types(writes, 1)])
        const every = Array.from({ length: 28 }, (_, i) => 100 + i).filter((t) => t !== 106)
        expect([...all].sort((a, b) => a - b)).toEqual(every)
        expect(tshark(file, '-Y', '9p.ename', '-T', 'fields', '-e', '9p.ename')[0]).toBe('unknown user')
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  )
})
