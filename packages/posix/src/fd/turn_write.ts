import { byteLengthOf } from '@net/contract'
import { EINTR } from '../abi/errno.ts'
import { copyBytes, type TurnWrite } from '../poll/turn_calls.ts'
import { WriteOp } from './op.ts'

/** A write of a few bytes that goes with others of its turn, and alone if that was in vain. */
export class TurnWriteOp extends WriteOp implements TurnWrite {
  #state: 'new' | 'taken' | 'made' = 'new'

  get number(): number {
    return this.fd.number
  }

  override attempt(): boolean {
    if (this.#state === 'new' && this.fd.writeReady) {
      this.#state = 'taken'
      this.fd.poller.turn.send(this)
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
