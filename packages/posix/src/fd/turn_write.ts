import { byteLengthOf } from '@net/contract'
import { EINTR } from '../abi/errno.ts'
import { copyBytes, type TurnWrite } from '../poll/turn_calls.ts'
import { WriteOp } from './op.ts'

/** A write of a few bytes that goes with others of its turn, or alone when it comes too late for that. */
export class TurnWriteOp extends WriteOp implements TurnWrite {
  #state: 'new' | 'taken' | 'made' = 'new'

  get number(): number {
    return this.fd.number
  }

  override attempt(): boolean {
    const { turn } = this.fd.poller
    if (this.#state === 'new' && turn.sends && this.fd.writeReady) {
      this.#state = 'taken'
      turn.send(this)
    }
    return this.#state !== 'taken' && super.attempt()
  }

  put(memory: Uint8Array, at: number): number {
    this.#state = 'made'
    // Whose buffer was lost fails in its next attempt.
    if (!this.isWaiting || byteLengthOf(this.p) < this.byteLength) return 0
    copyBytes(this.p, 0, memory, at, this.byteLength)
    return this.byteLength
  }

  sent(n: number): void {
    // An interrupted call is made again, and the rest of a short one, by the next attempt.
    if (n !== EINTR) this.took(n)
  }

  next(): void {
    this.fd.writing.wake()
  }
}
