import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { connect, type Socket as Stream } from 'node:net'
import { TCPAddr, UDPAddr } from '@net/addr'
import { Errno, OpError, SyscallError, type Deadline } from '@net/contract'
import { Lane, Op, type LaneOwner } from '@net/io'
import type { ServerDial } from '../src/client/server_dial.ts'

/** How many connections of {@link nodeDial} are open, and were opened ever. */
export const open = { count: 0, everOpened: 0 }

/** Connections over the host's own sockets, as a target gives them. */
export const nodeDial = async (
  ...[network, address, { signal }]: Parameters<ServerDial>
): Promise<NodeConn> => {
  signal.throwIfAborted()
  return dial(network, address, { signal })
}

/** The same, for those who do not want the signal to be looked at. */
export const deafDial = (network: string, address: string): Promise<NodeConn> => dial(network, address, {})

function dial(network: string, address: string, options: { signal?: AbortSignal }): Promise<NodeConn> {
  const [host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(address)?.slice(1) ?? []
  return network === 'udp' ? dialUDP(host, Number(port)) : dialTCP(host, Number(port), options)
}

function dialUDP(host: string, port: number): Promise<NodeConn> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    const raddr = UDPAddr.from({ ip: host, port })
    const fail = (e: Error): void => {
      socket.close()
      reject(new OpError('dial', 'udp', null, raddr, errnoOf(e)))
    }
    socket.once('error', fail)
    socket.connect(port, host, () => {
      socket.off('error', fail)
      const { address, port: local } = socket.address()
      resolve(new NodeConn('udp', UDPAddr.from({ ip: address, port: local }), raddr, socket))
    })
  })
}

function dialTCP(host: string, port: number, options: { signal?: AbortSignal }): Promise<NodeConn> {
  const socket = connect({ host, port, ...options })
  return new Promise((resolve, reject) => {
    const raddr = TCPAddr.from({ ip: host, port })
    const fail = (e: Error): void => {
      reject(new OpError('dial', 'tcp', null, raddr, errnoOf(e)))
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      const laddr = TCPAddr.from({ ip: socket.localAddress ?? null, port: socket.localPort ?? 0 })
      resolve(new NodeConn('tcp', laddr, raddr, socket))
    })
  })
}

function errnoOf(e: NodeJS.ErrnoException): Error {
  return new SyscallError(e.syscall ?? '', new Errno(e.code ?? '', -(e.errno ?? 0)))
}

/** A connection over node:dgram or node:net. Only what a resolver needs of one. */
class NodeConn implements LaneOwner {
  readonly localAddr: UDPAddr | TCPAddr
  readonly remoteAddr: UDPAddr | TCPAddr
  declare readonly readFrom?: true // on one of packets
  readonly arrived: Uint8Array[] = []
  ended = false
  error: Error | null = null
  readonly #network: string
  readonly #socket: Datagrams | Stream
  readonly #reads = new Lane(this)

  constructor(
    network: string,
    laddr: UDPAddr | TCPAddr,
    raddr: UDPAddr | TCPAddr,
    socket: Datagrams | Stream,
  ) {
    open.count++
    open.everOpened++
    this.#network = network
    this.localAddr = laddr
    this.remoteAddr = raddr
    this.#socket = socket
    if (network === 'udp') Object.assign(this, { readFrom: true })
    socket.on(network === 'udp' ? 'message' : 'data', (data: Uint8Array) => {
      this.arrived.push(data)
      this.#reads.wake()
    })
    socket.on('end', () => {
      this.ended = true
      this.#reads.wake()
    })
    socket.on('error', (e: Error) => {
      this.error = errnoOf(e)
      this.#reads.wake()
    })
  }

  opError(op: string, cause: Error): Error {
    return new OpError(op, this.#network, this.localAddr, this.remoteAddr, cause)
  }

  waiting(): void {
    // The socket keeps the process alive by itself.
  }

  setDeadline(t: Deadline): void {
    this.#reads.setDeadline(t)
  }

  read(p: Uint8Array, options: { signal?: AbortSignal } = {}): Promise<number | null> {
    return this.#reads.run(new Read(this, p), options)
  }

  write(p: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const done = (e?: Error | null): void => {
        if (e === undefined || e === null) resolve(p.length)
        else reject(this.opError('write', errnoOf(e)))
      }
      if ('send' in this.#socket) this.#socket.send(p, done)
      else this.#socket.write(p, done)
    })
  }

  async close(): Promise<void> {
    if (this.#reads.closed !== null) return
    open.count--
    this.#reads.close()
    if ('send' in this.#socket) this.#socket.close()
    else this.#socket.destroy()
  }
}

class Read extends Op<number | null> {
  readonly #conn: NodeConn
  readonly #p: Uint8Array

  constructor(conn: NodeConn, p: Uint8Array) {
    super('read')
    this.#conn = conn
    this.#p = p
  }

  attempt(): boolean {
    const { arrived, ended, error } = this.#conn
    const data = arrived.shift()
    if (data !== undefined) {
      const n = Math.min(data.length, this.#p.length)
      this.#p.set(data.subarray(0, n))
      if (this.#conn.readFrom === undefined && n < data.length) arrived.unshift(data.subarray(n))
      return this.done(n)
    }
    if (error !== null) return this.fail(error)
    return ended && this.done(null)
  }
}
