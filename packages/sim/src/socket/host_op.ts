import { Op, type Lane } from '@net/io'

/** An operation that waits: what it is called, and where a program asked for it. */
export interface PendingOp {
  /** 'read', 'write', 'accept', 'dial'. */
  readonly op: string
  /** The stack of the call. */
  readonly stack: string
}

/** An operation on a simulated host. One that waits remembers who asked for it. */
export abstract class HostOp<T> extends Op<T> {
  #asked: Error | null = null

  /** Where it was asked for, as lines of a stack; '' before it waits. */
  get stack(): string {
    return stackOf(this.#asked)
  }

  override parked(): void {
    this.#asked = new Error('asked here')
  }
}

/** The lines of an error's stack, without its message. */
export function stackOf(made: Error | null): string {
  return (made?.stack ?? '').split('\n').slice(1).join('\n')
}

/** The operations that wait in lanes. */
export function pendingIn(lanes: readonly Lane[]): PendingOp[] {
  return lanes
    .flatMap((lane) => lane.waiting)
    .map((op) => ({ op: op.name, stack: op instanceof HostOp ? op.stack : '' }))
}
