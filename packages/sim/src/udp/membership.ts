/** A group that a socket has joined. */
export interface Membership {
  readonly group: string
  /** The name of the interface. */
  readonly iface: string
  /** The only sender whose packets count; null for any. */
  readonly source: string | null
}

/** What a socket that joins groups needs of its host. Errors are the names of error numbers. */
export interface Groups {
  /** Joins a group on an interface, by its name. */
  join(group: string, iface: string): void
  /** Leaves it. */
  leave(group: string, iface: string): void
  /** The name of an interface that is given by its name or number, or of the system's choice for a group; null when it is not there. */
  find(iface: string | number | null, group: string): string | null
}

/** The groups of a socket. */
export class Memberships {
  readonly #groups: Groups
  #list: Membership[] = []

  /** Makes it for a socket that has joined none. */
  constructor(groups: Groups) {
    this.#groups = groups
  }

  /** Joins a group; gives the name of what is wrong, or null. */
  join(group: string, iface: string | number | null, source: string | null): string | null {
    const name = this.#groups.find(iface, group)
    if (name === null) return 'ENODEV'
    if (this.#find(group, name, source) >= 0) return 'EADDRINUSE'
    this.#list.push({ group, iface: name, source })
    this.#groups.join(group, name)
    return null
  }

  /** Leaves a group; gives the name of what is wrong, or null. */
  leave(group: string, iface: string | number | null, source: string | null): string | null {
    const name = this.#groups.find(iface, group)
    if (name === null) return 'ENODEV'
    const i = this.#find(group, name, source)
    if (i < 0) return 'EADDRNOTAVAIL'
    this.#list.splice(i, 1)
    this.#groups.leave(group, name)
    return null
  }

  /** Whether the socket gets what `source` sends to a group on an interface. */
  has(group: string, iface: string, source: string): boolean {
    return this.#list.some(
      (m) => m.group === group && m.iface === iface && (m.source === null || m.source === source),
    )
  }

  /** Leaves all. */
  clear(): void {
    for (const { group, iface } of this.#list) this.#groups.leave(group, iface)
    this.#list = []
  }

  #find(group: string, iface: string, source: string | null): number {
    return this.#list.findIndex((m) => m.group === group && m.iface === iface && m.source === source)
  }
}
