import type { Random } from '../clock/random.ts'
import { isAny } from '../ip/address.ts'
import { covers } from './family.ts'

/** What is bound to a port. */
export interface Binding {
  /** The address; 0.0.0.0 and :: are all of theirs. */
  readonly addr: string
  readonly port: number
  /** Whether :: is all of version 4 as well. */
  readonly dual: boolean
  /** Whether others that share may be bound to the same. */
  readonly share: boolean
}

// Where linux takes ports that nobody asked for (net.ipv4.ip_local_port_range).
const FIRST = 32768
const LAST = 60999

/** The ports of a protocol on a host, and who is bound to them. */
export class PortTable<T extends Binding> {
  readonly #random: Random
  readonly #byPort = new Map<number, T[]>()

  /** Makes an empty table; `random` chooses ports. */
  constructor(random: Random) {
    this.#random = random
  }

  /** Who is bound to a port. */
  at(port: number): readonly T[] {
    return this.#byPort.get(port) ?? []
  }

  /** All that are bound. */
  *all(): Generator<T, void> {
    for (const list of this.#byPort.values()) yield* list
  }

  /** Whether something else could not be bound beside what is there. */
  isTaken({ addr, port, dual, share }: Binding): boolean {
    return this.at(port).some((b) => {
      const overlap = covers(b.addr, b.dual, addr) || covers(addr, dual, b.addr) || bothAny(b, addr, dual)
      return overlap && !(share && b.share)
    })
  }

  /** A port that nobody is bound to at an address; 0 when there is none left. */
  free(addr: string, dual: boolean): number {
    const begin = this.#random.below(LAST - FIRST + 1)
    for (let i = 0; i <= LAST - FIRST; i++) {
      const port = FIRST + ((begin + i) % (LAST - FIRST + 1))
      if (!this.isTaken({ addr, port, dual, share: false })) return port
    }
    return 0
  }

  /** Binds. */
  add(binding: T): void {
    const list = this.#byPort.get(binding.port)
    if (list === undefined) this.#byPort.set(binding.port, [binding])
    else list.push(binding)
  }

  /** Lets go. */
  delete(binding: T): void {
    const list = this.#byPort.get(binding.port)
    const i = list?.indexOf(binding) ?? -1
    if (list === undefined || i < 0) return
    if (list.length === 1) this.#byPort.delete(binding.port)
    else list.splice(i, 1)
  }
}

function bothAny(b: Binding, addr: string, dual: boolean): boolean {
  return isAny(b.addr) && isAny(addr) && (b.addr === addr || b.dual || dual)
}
