import type { Conn, Listener, PacketConn } from './conn.ts'

/** Something with a descriptor: a {@link File}, a FileHandle of node:fs/promises, or just `{ fd }`. */
export interface FileLike {
  /** The descriptor's number. */
  readonly fd: number
  /** What it is called in errors; absent: its number. */
  readonly name?: string | undefined
}

/** An open descriptor, which belongs to whoever holds the file: it stays open until it is closed here or by its number. */
export interface File extends FileLike, Disposable, AsyncDisposable {
  /** The descriptor's number; -1 once closed. */
  readonly fd: number
  /** What it is called in errors: of a socket's file the network and the addresses. */
  readonly name: string
  /** Closes the descriptor, at once. Closing again does nothing. It never rejects. */
  close(): Promise<void>
}

/** Something whose descriptor can be had as a file of its own. */
export interface Filer {
  /**
   * Duplicates the descriptor, close-on-exec. The file and the connection are closed each on its own, and share everything
   * else: the file is non-blocking, and a program that changes that, or an option of the socket, changes both. Rejects with
   * an {@link OpError} of op 'file'; targets without descriptors always do.
   */
  file(): Promise<File>
}

/**
 * Connections from descriptors. Each duplicates the descriptor: closing one does not close the other. What is not such a
 * socket is refused with an {@link OpError} of op 'file' and net 'file+net': "file file+net /dev/null: getsockopt: socket
 * operation on non-socket".
 */
export interface FileGroup {
  /**
   * Makes a connection of a socket that is connected or exchanges packets. Rejects with an {@link OpError} of
   * op 'file': EBADF for a descriptor that is not open, ENOTSOCK; always on targets without descriptors
   * (EPLAN9, EWINDOWS). A TypeError for what has no `fd`.
   */
  fileConn(f: FileLike): Promise<Conn>
  /**
   * Makes a listener of a listening socket. A Unix listener made so leaves the socket's file alone when it is
   * closed. Rejects with an {@link OpError} of op 'file': EBADF for a descriptor that is not open, ENOTSOCK;
   * always on targets without descriptors (EPLAN9, EWINDOWS). A TypeError for what has no `fd`.
   */
  fileListener(f: FileLike): Promise<Listener>
  /**
   * Makes a packet connection of a datagram, raw or sequenced packet socket. Rejects with an {@link OpError}
   * of op 'file': EBADF for a descriptor that is not open, ENOTSOCK; always on targets without descriptors
   * (EPLAN9, EWINDOWS). A TypeError for what has no `fd`.
   */
  filePacketConn(f: FileLike): Promise<PacketConn>
}
