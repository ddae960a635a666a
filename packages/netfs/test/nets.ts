import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TCPAddr, UnixAddr, IP } from '@net/addr'
import { Client, type Fid, ORDWR, OREAD, OWRITE, RemoteFile } from '@net/9p'
import type { Conn, IOOptions, NetFile, NetFileMode, NetFS, TCPListener } from '@net/contract'
import { posix } from '@net/posix'
import { embeddedNet, exportNet, type ExportOptions, type NetExport } from '../src/index.ts'

export const target = posix({ spin: 'off' })
export const loopback = IP.from([127, 0, 0, 1])

/** A session to test, whatever is between. */
export interface Net {
  readonly fs: NetFS
  /** Opens a file, and closes it at the end. */
  open(path: string, mode?: NetFileMode, options?: IOOptions): Promise<NetFile>
  [Symbol.asyncDispose](): Promise<void>
}

class RemoteFS implements NetFS {
  readonly root = '/net'
  readonly #top: Fid

  constructor(top: Fid) {
    this.#top = top
  }

  async open(path: string, mode: NetFileMode, options?: IOOptions): Promise<NetFile> {
    const file = await RemoteFile.open(this.#top, path, { r: OREAD, w: OWRITE, rw: ORDWR }[mode], options)
    return {
      read: (p, o) => file.read(p, o),
      write: (p, o) => file.write(p, o),
      rewind: () => {
        file.offset = 0
      },
      close: () => file.close(),
    }
  }
}

function wrap(fs: NetFS, end: () => Promise<void>): Net {
  const files: NetFile[] = []
  return {
    fs,
    async open(path, mode = 'rw', options) {
      const file = await fs.open(path, mode, options)
      files.push(file)
      return file
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(files.map((file) => file.close()))
      await end()
    },
  }
}

/** A tree in this process. */
export async function embedded(options: ExportOptions = {}): Promise<Net> {
  const net = embeddedNet(target, options)
  return wrap(net, () => net.close())
}

/** An exported tree and where it listens. */
export interface Exported extends AsyncDisposable {
  readonly net: NetExport
  dial(): Promise<Client>
  /** A connection on which nothing has been said. */
  connect(): Promise<Conn>
}

/** Exports the target on a Unix socket. */
export async function exported(options: ExportOptions = {}): Promise<Exported> {
  const dir = mkdtempSync(join(tmpdir(), 'netfs-'))
  const addr = new UnixAddr(join(dir, 'net'), 'unix')
  const listener = await target.listenUnix('unix', addr)
  let net: NetExport
  try {
    net = exportNet(target, listener, options)
  } catch (e) {
    await listener.close()
    rmSync(dir, { recursive: true, force: true })
    throw e
  }
  return {
    net,
    connect: () => target.dialUnix('unix', null, addr),
    dial: async () => Client.connect(await target.dialUnix('unix', null, addr)),
    async [Symbol.asyncDispose]() {
      await net.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A session over 9P on a Unix socket. */
async function overUnix(options: ExportOptions = {}): Promise<Net> {
  const out = await exported(options)
  return session(await out.dial(), async () => out[Symbol.asyncDispose]())
}

/** A session over 9P on TCP. */
async function overTCP(options: ExportOptions = {}): Promise<Net> {
  const listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  const out = exportNet(target, listener, options)
  const conn = await target.dialTCP('tcp', null, listener.addr)
  return session(await Client.connect(conn), () => out.close())
}

/** The files of a session that a client has. */
export async function session(client: Client, end: () => Promise<void> = async () => {}): Promise<Net> {
  return wrap(new RemoteFS(await client.attach()), async () => {
    await client.close()
    await end()
  })
}

export const nets = [
  ['embedded', embedded],
  ['over 9P on a Unix socket', overUnix],
  ['over 9P on TCP', overTCP],
] as const

const utf8 = new TextEncoder()

/** Reads once and gives the text. */
export async function read(file: NetFile, count = 8192, options?: IOOptions): Promise<string> {
  return Buffer.from(await readBytes(file, count, options)).toString()
}

export async function readBytes(file: NetFile, count = 8192, options?: IOOptions): Promise<Uint8Array> {
  const p = new Uint8Array(count)
  return p.subarray(0, await file.read(p, options))
}

/** Writes a text. */
export async function write(file: NetFile, text: string, options?: IOOptions): Promise<number> {
  return file.write(utf8.encode(text), options)
}

/** Opens a file, reads it once and closes it. */
export async function cat(net: Net, path: string): Promise<string> {
  const file = await net.fs.open(path, 'r')
  try {
    return await read(file)
  } finally {
    await file.close()
  }
}

/** A conversation: its ctl and its number. */
export async function clone(net: Net, proto: string): Promise<{ ctl: NetFile; n: string; dir: string }> {
  const ctl = await net.open(`${proto}/clone`)
  const n = await read(ctl)
  return { ctl, n, dir: `${proto}/${n}` }
}

/** The port in the file local. */
export async function portOf(net: Net, dir: string): Promise<number> {
  return Number((await cat(net, `${dir}/local`)).trim().split('!')[1])
}

/** What a promise rejects with, in words. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `no error but ${String(value)}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

/** Answers every chunk with "echo:" before it, and closes on "quit". */
export async function echo(): Promise<{ port: number; listener: TCPListener } & AsyncDisposable> {
  const listener = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
  const serve = async (): Promise<void> => {
    for await (const conn of listener) {
      void (async () => {
        const p = new Uint8Array(65536)
        for (let n = await conn.read(p); n !== null; n = await conn.read(p)) {
          const text = Buffer.from(p.subarray(0, n)).toString()
          if (text === 'quit') break
          await conn.write(utf8.encode(`echo:${text}`))
        }
        await conn.close()
      })().catch(() => conn.close())
    }
  }
  const done = serve()
  return {
    port: listener.addr.port,
    listener,
    async [Symbol.asyncDispose]() {
      await listener.close()
      await done
    },
  }
}
