import type { Ifc } from './interfaces.ts'
import { fail, IO_ERROR } from './errors.ts'
import { printMask } from './ipifc.ts'

const MAX = 32 * 1024 // bytes of /net/ndb, as 9front has it

/** An attribute of ndb(6) and its value, '' when it has none. */
export interface Pair {
  readonly attr: string
  readonly value: string
}

/** Reads the pairs of a text. A value may stand in double quotes. */
export function pairs(text: string): Pair[] {
  const found: Pair[] = []
  for (const [, attr = '', quoted, plain] of text.matchAll(/([^\s=#]+)(?:=(?:"([^"\n]*)"|(\S*)))?/g)) {
    found.push({ attr, value: quoted ?? plain ?? '' })
  }
  return found
}

/** The line of pairs. */
export function printPairs(list: readonly Pair[]): string {
  return list.map(({ attr, value }) => (value === '' ? attr : `${attr}=${value}`)).join(' ')
}

/** The file /net/ndb of a session: at first what is known of this machine, then what the session writes. */
export class NdbText {
  /** How often it was written. */
  version = 0
  readonly #interfaces: () => Promise<readonly Ifc[]>
  #bytes: Uint8Array | null = null
  #pairs: readonly Pair[] | null = null // those of #bytes, once somebody has asked

  /** Makes the file, which at first tells the addresses of what `interfaces` gives. */
  constructor(interfaces: () => Promise<readonly Ifc[]>) {
    this.#interfaces = interfaces
  }

  /** The bytes that it holds. */
  async bytes(): Promise<Uint8Array> {
    return this.#bytes ?? utf8.encode(await this.#initial())
  }

  /** The pairs that it holds. */
  async pairs(): Promise<readonly Pair[]> {
    if (this.#pairs !== null) return this.#pairs
    const found = pairs(new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.bytes()))
    // Before anything is written the pairs are the addresses of interfaces, which may change.
    if (this.#bytes !== null) this.#pairs = found
    return found
  }

  /** The values that an attribute has in it. */
  async attributes(attr: string): Promise<string[]> {
    return (await this.pairs()).flatMap((p) => (p.attr === attr && p.value !== '' ? [p.value] : []))
  }

  /** Empties it, which is not counted. */
  truncate(): void {
    this.#pairs = null
    this.#bytes = new Uint8Array(0)
  }

  /** Writes at an offset. Throws "i/o error" when that is more than it may hold. */
  async write(p: Uint8Array, offset: number): Promise<number> {
    const old = await this.bytes()
    if (offset > old.byteLength || offset + p.byteLength > MAX) fail(IO_ERROR)
    const bytes = new Uint8Array(Math.max(old.byteLength, offset + p.byteLength))
    bytes.set(old)
    bytes.set(p, offset)
    this.#bytes = bytes
    this.#pairs = null
    this.version++
    return p.byteLength
  }

  async #initial(): Promise<string> {
    const all = (await this.#interfaces()).filter((ifc) => ifc.device !== '/dev/null')
    const net = all.flatMap((ifc) => ifc.addrs).find((a) => a.ip.to4() !== null)
    return net === undefined ? '' : `ip=${net.ip.toString()} ipmask=${printMask(net)}\n`
  }
}

const utf8 = new TextEncoder()
