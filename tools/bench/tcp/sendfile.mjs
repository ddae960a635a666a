// A file over loopback: sendFile, reading and writing it by hand, and Node's stream pipeline. The receiver is a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseIP, TCPAddr } from '@net/addr'
import { allocBuffer, posix } from '@net/posix'
import { digits, median, table } from '../stats.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))
const CHUNK = 65536 // bytes

/** Each gets the port and a file, and settles when the receiver has said how many bytes came. */
const senders = {
  sendFile: (port, path) => overKernel(port, path, (c, file) => c.sendFile(file)),
  'read and write': (port, path) => overKernel(port, path, copy),
  'node:net, pipe': overNode,
}

async function overKernel(port, path, send) {
  const c = await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), port))
  const file = await open(path)
  await send(c, file)
  await c.closeWrite()
  const answer = new Uint8Array(32)
  const n = await c.read(answer)
  await file.close()
  await c.close()
  return Number(new TextDecoder().decode(answer.subarray(0, n)))
}

async function copy(c, file) {
  const p = allocBuffer(CHUNK)
  for (;;) {
    const { bytesRead } = await file.read(p, 0, CHUNK, null)
    if (bytesRead === 0) return
    await c.write(p.subarray(0, bytesRead))
  }
}

async function overNode(port, path) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  createReadStream(path).pipe(socket)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return Number(answer.toString())
}

async function round(send, path, bytes) {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc']
  const server = spawn(process.execPath, [script, 'ours', 'server', 'throughput', String(CHUNK), '0'], {
    stdio,
  })
  const exit = once(server, 'exit')
  const [{ port }] = await once(server, 'message')
  const cpu = process.cpuUsage()
  const start = performance.now()
  const got = await send(port, path)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  if (got !== bytes) throw new Error('bytes were lost')
  await exit
  return { ms, cpu: (user + system) / 1000 }
}

/** A file one way: GB/s, and the sender's processor time for a GB. */
export async function sendFile({ rounds, bytes = 2 ** 26 }) {
  const dir = mkdtempSync(join(tmpdir(), 'net-bench-'))
  const path = join(dir, 'file')
  writeFileSync(path, Buffer.alloc(bytes, 'measure'))
  const results = new Map(Object.keys(senders).map((name) => [name, []]))
  try {
    for (const send of Object.values(senders)) await round(send, path, bytes) // warm
    for (let i = 0; i < rounds; i++) {
      for (const [name, send] of Object.entries(senders))
        results.get(name).push(await round(send, path, bytes))
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
  const rows = [['', 'GB/s', 'sender, CPU s/GB']]
  for (const [name, all] of results) {
    const ms = median(all.map((r) => r.ms))
    const cpu = median(all.map((r) => r.cpu))
    rows.push([name, digits(bytes / ms / 1e6), digits(cpu / 1000 / (bytes / 1e9))])
  }
  return table(rows)
}
