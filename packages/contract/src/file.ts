import type { Conn, Listener, PacketConn } from './conn.ts'

/** An open descriptor. */
export interface File {
  /** The descriptor's number; -1 once closed. */
  readonly fd: number
  /** What it is called in errors. */
  readonly name: string
  /** Closes the descriptor. */
  close(): Promise<void>
}

/** Connections from descriptors. Each duplicates the descriptor: closing one does not close the other. */
export interface FileGroup {
  /** Makes a connection of a connected socket. */
  fileConn(f: File): Promise<Conn>
  /** Makes a listener of a listening socket. */
  fileListener(f: File): Promise<Listener>
  /** Makes a packet connection of a datagram socket. */
  filePacketConn(f: File): Promise<PacketConn>
}
