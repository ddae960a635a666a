import type { DNSConn } from './server_dial.ts'

/** Who asks over a socket of packets, and is told what comes of it: never before the call that makes the socket has returned. */
export interface PacketReceiver {
  /** How many queries wait for a reply: nothing more is read when none does. */
  readonly waiting: number
  /** A packet came: the first `length` of `bytes`, which are the receiver's until it returns. */
  received(bytes: Uint8Array, length: number): void
  /** Nothing more comes, because of this error. */
  failed(error: unknown): void
  /** What was dialled is a stream, which the receiver has to close, and no socket of packets. */
  gaveStream(stream: DNSConn): void
}

/** A socket of packets that is connected, or being connected, to a server. */
export interface PacketSocket {
  /** Whether it is connected. */
  readonly isConnected: boolean
  /** Sends a packet, or has it sent when it is connected. The bytes must stay as they are. */
  send(packet: Uint8Array): void
  /** Whether {@link renew} can be tried. */
  readonly isRenewable: boolean
  /**
   * Takes another source port at random, as a new socket would, for less than one costs, while no query waits; gives whether it has.
   * One that has not is to be closed. What came to the old port is never received.
   */
  renew(): boolean
  /** Makes the error of a read, which names both ends. */
  readError(cause: Error): Error
  /** Closes it: the receiver is told nothing more. */
  close(): void
}

/** Makes a socket of packets to `server`, a host:port in numbers. A dial that takes time has to be done by `end`, on the monotonic clock. */
export type OpenPacketSocket = (server: string, receiver: PacketReceiver, end: number) => PacketSocket
