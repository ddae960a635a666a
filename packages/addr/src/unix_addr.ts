import type { Addr } from './addr.ts'
import { inspect } from './inspect.ts'

/**
 * An end point of Unix domain sockets. Immutable, and usable where Deno expects a Deno.UnixAddr.
 *
 * @example
 * ```ts
 * import { UnixAddr } from '@net/addr'
 *
 * console.log(new UnixAddr('/run/app.sock', 'unix').network) // unix
 * ```
 */
export class UnixAddr implements Addr {
  /**
   * The path of the socket file; '' for a socket without a name. On linux a leading '@' or NUL is the abstract
   * namespace: such a name has no file, and sockets tell it with '@', as Go's do. A file of that name is
   * written './@name'.
   */
  readonly name: string
  /** Byte stream ('unix'), datagrams ('unixgram') or sequenced packets ('unixpacket'). */
  readonly net: 'unix' | 'unixgram' | 'unixpacket'

  /** Makes an end point; nothing is checked, as what a name may be depends on the system. */
  constructor(name: string, net: 'unix' | 'unixgram' | 'unixpacket') {
    this.name = name
    this.net = net
  }

  /** The same as `net`. */
  get network(): 'unix' | 'unixgram' | 'unixpacket' {
    return this.net
  }

  /** The name as Deno and Node write it: one of the abstract namespace begins with a NUL instead of the '@'. */
  get path(): string {
    return this.name.startsWith('@') ? `\0${this.name.slice(1)}` : this.name
  }

  /** Deno's word for the kind of socket, which says 'unixpacket' for datagrams: so exactly for 'unixgram'. */
  get transport(): 'unix' | 'unixpacket' {
    return this.net === 'unixgram' ? 'unixpacket' : 'unix'
  }

  /** The name, as it is. */
  toString(): string {
    return this.name
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `UnixAddr(${this.toString()})`
  }
}
