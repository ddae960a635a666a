import type { Station, Wire } from './station.ts'

/** Which links there are, and by which of them a station is reached from another one: through switches, never through hosts. */
export class Ether {
  /** Grows with each link, so that others know when what they remember is out of date. */
  version = 0
  readonly #wires = new Map<Station, Wire[]>()
  readonly #trees = new Map<Station, Map<Station, Wire | null>>()

  /** Adds a link. */
  add(wire: Wire): void {
    this.version++
    for (const end of wire.ends) {
      const wires = this.#wires.get(end)
      if (wires === undefined) this.#wires.set(end, [wire])
      else wires.push(wire)
    }
    this.#trees.clear()
    for (const end of wire.ends) end.wired()
  }

  /** The links of a station. */
  wiresOf(station: Station): readonly Wire[] {
    return this.#wires.get(station) ?? []
  }

  /** The first link on the way from one station to another; null when there is no way. */
  toward(from: Station, to: Station): Wire | null {
    const tree = this.#tree(to)
    const own = tree.get(from)
    if (own !== undefined) return own
    return this.wiresOf(from).find((wire) => tree.has(otherEnd(wire, from))) ?? null
  }

  /** The links by which `station` hands on what `origin` sends to everybody, so that nobody gets it twice. */
  onward(station: Station, origin: Station): Wire[] {
    return this.wiresOf(station).filter((wire) => {
      const other = otherEnd(wire, station)
      return other !== origin && this.toward(other, origin) === wire
    })
  }

  // The root and the switches that reach it, each with the first link on the shortest way there. There is a tree for each host
  // that is sent something, and so hosts stand in none.
  #tree(root: Station): Map<Station, Wire | null> {
    const known = this.#trees.get(root)
    if (known !== undefined) return known
    const tree = new Map<Station, Wire | null>([[root, null]])
    const queue = [root]
    for (let station = queue.shift(); station !== undefined; station = queue.shift()) {
      for (const wire of this.wiresOf(station)) {
        const other = otherEnd(wire, station)
        if (!other.relays || tree.has(other)) continue
        tree.set(other, wire)
        queue.push(other)
      }
    }
    this.#trees.set(root, tree)
    return tree
  }
}

function otherEnd(wire: Wire, station: Station): Station {
  return wire.ends[0] === station ? wire.ends[1] : wire.ends[0]
}
