import type { Closer, Interface } from '@net/contract'
import type { Lane } from '@net/io'
import type { Time } from '../clock/time.ts'
import { Hold } from '../socket/hold.ts'
import { HostOp } from '../socket/host_op.ts'
import { interfaceOf } from './interface.ts'
import type { NIC } from './nic.ts'

/** An interface has changed: it was linked, or its links went down or up. */
export interface LinkChange {
  readonly kind: 'link'
  readonly action: 'new'
  /** The interface as it is now. */
  readonly iface: Interface
}

/** The changes to interfaces, in their order. Close ends the iteration quietly; so does leaving a `for await` loop. */
export interface LinkWatch extends AsyncIterableIterator<LinkChange, undefined, undefined>, Closer {
  /** The next event; the end after close. It never rejects. */
  next(): Promise<IteratorResult<LinkChange, undefined>>
  /** Closes the watch. It never rejects. */
  return(): Promise<IteratorReturnResult<undefined>>
}

type Result = IteratorResult<LinkChange, undefined>

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

class NextOp extends HostOp<Result> {
  readonly #watch: SimLinkWatch

  constructor(watch: SimLinkWatch) {
    super('read')
    this.#watch = watch
  }

  override attempt(): boolean {
    const result = this.#watch.take()
    return result !== null && this.done(result)
  }
}

/** A watch of a simulated host's interfaces. */
export class SimLinkWatch implements LinkWatch {
  readonly #hold: Hold
  readonly #lane: Lane
  readonly #events: LinkChange[] = []
  readonly #running = new Map<NIC, boolean>()
  readonly #signal: AbortSignal | undefined
  readonly #onClose: () => void
  #closed = false

  /** Watches interfaces from now on. */
  constructor(time: Time, nics: readonly NIC[], signal: AbortSignal | undefined, onClose: () => void) {
    this.#hold = new Hold(time, 'netlink', null, null)
    this.#lane = this.#hold.lane()
    for (const nic of nics) this.#running.set(nic, nic.isRunning)
    this.#signal = signal
    this.#onClose = onClose
    if (signal?.aborted === true) this.#end()
    else signal?.addEventListener('abort', this.#end)
  }

  /** An interface may have changed. */
  changed(nic: NIC): void {
    if (this.#running.get(nic) === nic.isRunning) return
    this.#running.set(nic, nic.isRunning)
    this.#events.push({ kind: 'link', action: 'new', iface: interfaceOf(nic) })
    this.#lane.wake()
  }

  /** The next event, or the end; null when there is neither yet. */
  take(): Result | null {
    if (this.#closed) return END
    const value = this.#events.shift()
    return value === undefined ? null : { done: false, value }
  }

  next(): Promise<Result> {
    this.#hold.called()
    return this.#lane.run(new NextOp(this))
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#end()
    return END
  }

  close(): Promise<void> {
    this.#end()
    return Promise.resolve()
  }

  ref(): void {
    this.#hold.ref()
  }

  unref(): void {
    this.#hold.unref()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.#end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #end = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#end)
    this.#onClose()
    this.#lane.wake()
  }
}
