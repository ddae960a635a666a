// The protocol of sd_listen_fds(3).
import type { Conn, File, Filer, Listener, PacketConn } from '@net/contract'
import { abi } from '../abi/system.ts'
import { newFile } from '../fd/fd_file.ts'
import { fileGroup } from './file.ts'
import { must } from '../fd/sock.ts'
import { askPeerName } from '../wire/socket_name.ts'
import { getsockoptInt } from '../sys/sockopt.ts'
import { fcntl } from '../sys/syscall.ts'

const LISTEN_FDS_START = 3

/**
 * The descriptors that whoever started this process handed to it, in order: LISTEN_FDS of them from 3 on, if
 * LISTEN_PID is this process. They are made close-on-exec, and belong to the caller. Their names are those of
 * LISTEN_FDNAMES, else "LISTEN_FD_3" and so on. The variables are taken out of process.env, so that neither a
 * second call nor a child takes the descriptors for its own. Gives none where the variables are not set or
 * make no sense; throws the error of a descriptor that is not there.
 *
 * @example
 * ```ts
 * import { filesFromEnvironment } from '@net/posix'
 *
 * for (const file of filesFromEnvironment()) {
 *   console.log(file.name, file.fd)
 *   await file.close()
 * }
 * ```
 */
export function filesFromEnvironment(): File[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env
  if (LISTEN_PID !== String(process.pid)) return []
  delete process.env.LISTEN_PID
  delete process.env.LISTEN_FDS
  delete process.env.LISTEN_FDNAMES
  const count = /^\d{1,5}$/.test(LISTEN_FDS ?? '') ? Number(LISTEN_FDS) : 0
  const names = LISTEN_FDNAMES?.split(':') ?? []
  const files: File[] = []
  for (let i = 0; i < count; i++) {
    const fd = LISTEN_FDS_START + i
    must('fcntl', fcntl(fd, abi.F_SETFD, abi.FD_CLOEXEC))
    const name = names[i] ?? ''
    files.push(newFile(fd, name === '' ? `LISTEN_FD_${fd}` : name))
  }
  return files
}

/** A socket that was handed to this process. */
export type Inherited =
  | { readonly kind: 'listener'; readonly name: string; readonly listener: Listener }
  | { readonly kind: 'packetConn'; readonly name: string; readonly packetConn: PacketConn }
  | { readonly kind: 'conn'; readonly name: string; readonly conn: Conn }
  | { readonly kind: 'file'; readonly name: string; readonly file: File }

/**
 * The sockets of {@link filesFromEnvironment}, each as what it is: a listener, a packet connection (datagrams
 * without a fixed peer), a connection (services that are started once for each), or the file itself when it
 * is no socket this package knows. What systemd or a {@link handOver} passed in. Rejects with the error of a
 * descriptor that is not there.
 *
 * @example
 * ```ts
 * import { socketsFromEnvironment } from '@net/posix'
 *
 * for (const socket of await socketsFromEnvironment()) {
 *   if (socket.kind !== 'conn') continue
 *   console.log(socket.name, socket.conn.remoteAddr.toString())
 *   await socket.conn.close()
 * }
 * ```
 */
export async function socketsFromEnvironment(): Promise<Inherited[]> {
  return await Promise.all(filesFromEnvironment().map(inherited))
}

/**
 * The listeners among {@link socketsFromEnvironment}, by name; several of one name are in their order. All
 * else is closed: a program that is handed other things asks for those itself. Rejects as that does.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { listenersFromEnvironment, listenTCPSync } from '@net/posix'
 *
 * // What systemd or the process before this one handed over, else a listener of our own.
 * const [handed] = (await listenersFromEnvironment()).get('web') ?? []
 * const listener = handed ?? listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * await listener.close()
 * ```
 */
export async function listenersFromEnvironment(): Promise<Map<string, Listener[]>> {
  const listeners = new Map<string, Listener[]>()
  for (const socket of await socketsFromEnvironment()) {
    if (socket.kind === 'listener') {
      listeners.set(socket.name, [...(listeners.get(socket.name) ?? []), socket.listener])
    } else {
      await closerOf(socket).close()
    }
  }
  return listeners
}

function closerOf(socket: Exclude<Inherited, { kind: 'listener' }>): { close(): Promise<void> } {
  if (socket.kind === 'packetConn') return socket.packetConn
  return socket.kind === 'conn' ? socket.conn : socket.file
}

async function inherited(file: File): Promise<Inherited> {
  const { name, fd } = file
  const listens = { value: 0 }
  if (getsockoptInt(fd, abi.SOL_SOCKET, abi.SO_ACCEPTCONN, listens) < 0) return { kind: 'file', name, file }
  const hasPeer = askPeerName(fd) >= 0
  let made: Inherited
  try {
    if (listens.value !== 0) made = { kind: 'listener', name, listener: await fileGroup.fileListener(file) }
    else if (hasPeer) made = { kind: 'conn', name, conn: await fileGroup.fileConn(file) }
    else made = { kind: 'packetConn', name, packetConn: await fileGroup.filePacketConn(file) }
  } catch {
    // This package does not know the socket's kind, but the program may: it gets the file.
    return { kind: 'file', name, file }
  }
  await file.close()
  return made
}

/** How to start a process that gets sockets: arguments for spawn of node:child_process. */
export interface HandOver extends AsyncDisposable {
  /** The program. */
  readonly command: string
  /** Its arguments. */
  readonly args: readonly string[]
  /**
   * What is to be among the options: `stdio` has the descriptors after the first three, which are inherited.
   */
  readonly options: {
    readonly stdio: ('inherit' | number)[]
    readonly env: NodeJS.ProcessEnv
  }
  /** Closes the descriptors, which the process has by then: to be called when spawn has returned. Never rejects. */
  close(): Promise<void>
}

/**
 * Prepares the start of a process to which sockets are handed: listeners, connections, anything with
 * `file()`, by name. The process finds them as {@link listenersFromEnvironment} does, and so does any program
 * that systemd can start on demand. The sockets here stay open and shared: connections go to whichever
 * process accepts first, and none is lost when this one closes its own. Unix listeners must be told
 * setUnlinkOnClose(false) before. Rejects with the {@link OpError} of file().
 *
 * @example
 * ```ts
 * import { spawn } from 'node:child_process'
 * import { once } from 'node:events'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { handOver, listenTCPSync } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const { command, args, options, close } = await handOver({ web: listener }, 'true')
 * const successor = spawn(command, args, options)
 * await close()
 * await once(successor, 'exit')
 * await listener.close()
 * ```
 */
export async function handOver(
  sockets: Readonly<Record<string, Filer | readonly Filer[]>>,
  command: string,
  args: readonly string[] = [],
): Promise<HandOver> {
  const files: File[] = []
  const names: string[] = []
  const close = async (): Promise<void> => {
    for (const f of files) await f.close()
  }
  try {
    for (const [name, value] of Object.entries(sockets)) {
      if (/[:\p{Cc}]/u.test(name))
        throw new TypeError(`${JSON.stringify(name)} has a colon or a control character`)
      for (const socket of 'file' in value ? [value] : value) {
        files.push(await socket.file())
        names.push(name)
      }
    }
  } catch (e) {
    await close()
    throw e
  }
  const env = { ...process.env, LISTEN_FDS: String(files.length), LISTEN_FDNAMES: names.join(':') }
  return {
    // LISTEN_PID must be the new process's own number, which only it knows: a shell sets it and then becomes
    // the program, which keeps the number.
    command: '/bin/sh',
    args: ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', command, ...args],
    options: { stdio: ['inherit', 'inherit', 'inherit', ...files.map((f) => f.fd)], env },
    close,
    [Symbol.asyncDispose]: close,
  }
}
