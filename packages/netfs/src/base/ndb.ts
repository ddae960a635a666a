import type { Ifc } from './interfaces.ts'
import { fail, IO_ERROR } from './errors.ts'
import { printMask } from './ipifc.ts'

const MAX = 32 * 1024 // bytes of /net/ndb, as 9front has it

/** An attribute of ndb(6) and its value, '' when it has none. */
export interface Pair {
  readonly attr: string
  readonly value: string
}

/** Takes the pairs of a text, values in double quotes too. */
export function pairs(text: string): Pair[] {
  const found: Pair[] = []
  for (const [, attr = '', quoted, plain] of text.matchAll(/([^\s=#]+)(?:=(?:"([^"\n]*)"|(\S*)))?/g)) {
    found.push({ attr, value: quoted ?? plain ?? '' })
  }
  return found
}

/** Writes pairs in a line. */
export function printPairs(list: readonly Pair[]): string {
  return list.map(({ attr, value }) => (value === '' ? attr : `${attr}=${value}`)).join(' ')
}

/** The file /net/ndb of a session: at first what is known of this machine, then what the session writes. */
export class NdbText {
  /** How often it was written. */
  version = 0
  readonly #interfaces: () => Promise<readonly Ifc[]>
  #bytes: Uint8Array | null = null
  #pairs: readonly Pair[] | null = null // of what was written, when somebody has asked

  /** Makes the file; `interfaces` gives those whose addresses are told at first. */
  constructor(interfaces: () => Promise<readonly Ifc[]>) {
    this.#interfaces = interfaces
  }

  /** What it holds, in bytes. */
  async bytes(): Promise<Uint8Array> {
    return this.#bytes ?? utf8.encode(await this.#initial())
  }

  /** The pairs that it holds. */
  async pairs(): Promise<readonly Pair[]> {
    if (this.#pairs !== null) return this.#pairs
    const found = pairs(new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.bytes()))
    // The addresses of interfaces, which stand there at first, may change.
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

  /** Writes at an offset. More than it may hold is "i/o error". */
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
