import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import type { Conn, Listener } from '@net/contract'
import type { LivenessScript } from '@net/contract/suite'
import { exportNet, tlsToExport, tlsListener, type NetExport } from '@net/netfs'
import { posix } from '@net/posix'
import { importNet, plan9, type ImportedNet, type ImportOptions, type Plan9Target } from '../src/index.ts'

/** How long the other end may take to close, in milliseconds. */
export const PATIENCE = 20_000

/** A target over 9P, and what is at its two ends. */
export interface Exported extends AsyncDisposable {
  readonly target: Plan9Target
  readonly net: ImportedNet
  readonly served: NetExport
  /** The port it is served on, 0 for a Unix socket. */
  readonly port: number
  /** How a child process makes a target over the same export. */
  readonly liveness: LivenessScript
  /** The path of the Unix socket, or the address. */
  readonly address: string
  /** Another session of the same export. */
  dial(): Promise<Conn>
}

const identity = 'test'
const key = new Uint8Array(32).fill(7)

/** Exports the kernel's network over 9P on a Unix socket, loopback TCP or TLS on it, and imports it. */
export async function exported(over: 'unix' | 'tcp' | 'tls', options?: ImportOptions): Promise<Exported> {
  const kernel = posix()
  const dir = over === 'unix' ? mkdtempSync(join(tmpdir(), 'plan9-')) : null
  let listener: Listener
  let dial: () => Promise<Conn>
  let port = 0
  if (dir !== null) {
    const at = new UnixAddr(join(dir, 'net'), 'unix')
    listener = await kernel.listenUnix('unix', at)
    dial = () => kernel.dialUnix('unix', null, at)
  } else {
    const tcp = await kernel.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
    listener = over === 'tls' ? tlsListener(tcp, { keys: { [identity]: key } }) : tcp
    ;({ port } = tcp.addr)
    dial = async () => {
      const conn = await kernel.dialTCP('tcp', null, tcp.addr)
      return over === 'tls' ? await tlsToExport(conn, { identity, key }) : conn
    }
  }
  const served = exportNet(kernel, listener)
  const net = await importNet(await dial(), options)
  return {
    target: plan9({ net }),
    net,
    served,
    port,
    address: listener.addr.toString(),
    liveness: { script: childScript(listener, over), cwd: import.meta.dirname },
    dial,
    async [Symbol.asyncDispose]() {
      await net.close()
      await served.close()
      if (dir !== null) rmSync(dir, { recursive: true })
    },
  }
}

function childScript(listener: Listener, over: 'unix' | 'tcp' | 'tls'): string {
  const { addr } = listener
  const port = addr instanceof TCPAddr ? addr.port : 0
  const link =
    over === 'unix'
      ? `await posix().dialUnix('unix', null, new UnixAddr('${addr.toString()}', 'unix'))`
      : `await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), ${port}))`
  const conn =
    over === 'tls'
      ? `await tlsToExport(${link}, { identity: '${identity}', key: new Uint8Array(32).fill(7) })`
      : link
  return `
import { parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { tlsToExport } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { posix } from '@net/posix'
const target = plan9({ net: await importNet(${conn}) })`
}
