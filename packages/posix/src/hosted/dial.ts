import type { NetConnectOpts, Socket } from 'node:net'
import { type DialOptions, type OpError } from '@net/contract'
import { Lane, Op, type LaneOwner } from '@net/io'
import { hostError } from './errors.ts'

/** Makes the error of a dial. */
export type DialError = (cause: Error) => OpError

class Dial implements LaneOwner {
  readonly lane = new Lane(this)
  readonly #error: DialError

  constructor(error: DialError) {
    this.#error = error
  }

  opError(_op: string, cause: Error): OpError {
    return this.#error(cause)
  }

  waiting(): void {
    // The host's request keeps the process alive until it is over.
  }
}

class ConnectOp extends Op<Socket> {
  readonly #dial: Dial
  readonly #options: NetConnectOpts
  #socket: Socket | null = null
  #failure: Error | null = null

  constructor(dial: Dial, options: NetConnectOpts) {
    super('dial')
    this.#dial = dial
    this.#options = options
  }

  attempt(): boolean {
    try {
      const socket = (this.#socket ??= this.#start())
      if (this.#failure !== null) return this.fail(hostError(this.#failure))
      return socket.connecting ? false : this.done(socket)
    } catch (e) {
      return this.fail(hostError(e, 'connect'))
    }
  }

  override cancel(reason: unknown): void {
    this.#socket?.destroy()
    super.cancel(reason)
  }

  #start(): Socket {
    const { lane } = this.#dial
    // It is loaded here, as programs with the kernel's sockets need none of it.
    const socket = process.getBuiltinModule('node:net').connect(this.#options)
    socket.once('connect', () => lane.wake())
    // The listener stays on the socket: the dial's caller may not listen yet when the next error comes, and
    // an error without a listener ends the process.
    socket.on('error', (e) => {
      this.#failure = e
      lane.wake()
    })
    return socket
  }
}

/**
 * Connects a socket of the host. Rejects with the dial's error or the signal's reason, and nothing is left
 * open then.
 */
export function dialSocket(
  connecting: NetConnectOpts,
  error: DialError,
  options: DialOptions,
): Promise<Socket> {
  const dial = new Dial(error)
  if (options.deadline !== undefined) dial.lane.setDeadline(options.deadline)
  return dial.lane.run(new ConnectOp(dial, connecting), options).finally(() => dial.lane.close())
}
