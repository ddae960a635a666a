import type { Witness } from '../see/sight.ts'
import type { Ether } from './ether.ts'
import type { Frame, Station } from './station.ts'

/** A switch: what hosts on one network are linked with, so that each reaches all. It has no address and takes no time. */
export class Switch implements Station {
  /** Its name. */
  readonly name: string
  /** It hands on what comes in. */
  readonly relays = true
  readonly #ether: Ether
  readonly #witness: Witness

  /** Makes a switch. {@link SimNetwork.switch} is what makes one that is part of a network. */
  constructor(name: string, ether: Ether, witness: Witness) {
    this.name = name
    this.#ether = ether
    this.#witness = witness
  }

  /** Hands a frame on. */
  arrive(frame: Frame): void {
    if (frame.to === null) {
      for (const wire of this.#ether.onward(this, frame.from)) wire.send(frame, this)
      return
    }
    const wire = this.#ether.toward(this, frame.to)
    if (wire === null) this.#witness.saw('lost', this.name, frame.packet, 'the switch knows no way')
    else wire.send(frame, this)
  }

  /** A switch does not care. */
  wired(): void {
    // It asks for its links each time.
  }
}
