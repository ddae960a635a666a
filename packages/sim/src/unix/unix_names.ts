import type { UnixAddr } from '@net/addr'
import type { Channel } from './channel.ts'

/** What stands behind the name of a Unix socket: a listener, or a socket for datagrams. */
export interface Named {
  readonly net: UnixAddr['net']
  /** Where datagrams for it go; null of a listener. */
  readonly inbox: Channel | null
  /** Takes a call: two directions, and the name of who calls; null of a socket for datagrams. */
  readonly call: ((call: Call) => boolean) | null
}

/** A connection that somebody makes to a listener. */
export interface Call {
  readonly toListener: Channel
  readonly toCaller: Channel
  readonly from: UnixAddr
}

/** The names of Unix sockets on a host. A name stays when its socket is closed, as a file does, but for those that begin with '@'. */
export class UnixNames {
  readonly #names = new Map<string, Named | null>()
  #chosen = 0

  /** What has a name: null when its socket is gone, undefined when there is no such name. */
  get(name: string): Named | null | undefined {
    return this.#names.get(name)
  }

  /** A name that nobody has. */
  choose(): string {
    return `@${(this.#chosen++).toString(16).padStart(5, '0')}`
  }

  /** Gives a name to a socket; false when it is taken. */
  bind(name: string, named: Named): boolean {
    if (this.#names.has(name)) return false
    this.#names.set(name, named)
    return true
  }

  /** The socket of a name is gone, and the name with it if `unlink` is true. */
  release(name: string, unlink: boolean): void {
    if (unlink || name.startsWith('@')) this.#names.delete(name)
    else this.#names.set(name, null)
  }

  /** All names are gone. */
  clear(): void {
    this.#names.clear()
  }
}
