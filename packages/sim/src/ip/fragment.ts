import type { Time } from '../clock/time.ts'
import type { SimEvent } from '../clock/event_queue.ts'
import { decodeBody } from './decode.ts'
import { encodeBody } from './encode.ts'
import { protocolOf, type Fragment, type Packet } from './packet.ts'

/** Breaks a packet into fragments for links that carry `mtu` bytes. */
export function fragmentsOf(packet: Packet, mtu: number): Packet[] {
  const bytes = encodeBody(packet)
  const room = (mtu - (packet.version === 4 ? 20 : 48)) & ~7
  const protocol = protocolOf(packet)
  const base = packet.body.kind === 'fragment' ? packet.body.offset : 0
  const last = packet.body.kind === 'fragment' && packet.body.more
  const fragments: Packet[] = []
  for (let at = 0; at < bytes.byteLength; at += room) {
    const data = bytes.subarray(at, at + room)
    const more = last || at + room < bytes.byteLength
    fragments.push({ ...packet, body: { kind: 'fragment', protocol, offset: base + at, more, data } })
  }
  return fragments
}

const PATIENCE = 30_000 // milliseconds that fragments wait for the others, as on linux (net.ipv4.ipfrag_time)

interface Partial {
  readonly pieces: Fragment[]
  readonly giveUp: SimEvent
}

/** Puts fragments together. */
export class Reassembly {
  readonly #time: Time
  readonly #partial = new Map<string, Partial>()

  /** Makes one that holds no fragments. */
  constructor(time: Time) {
    this.#time = time
  }

  /** Takes a fragment; gives the packet when it was the last that was missing, else null. */
  add(packet: Packet, fragment: Fragment): Packet | null {
    const key = `${packet.src} ${packet.dst} ${fragment.protocol} ${packet.id}`
    let partial = this.#partial.get(key)
    if (partial === undefined) {
      const giveUp = this.#time.after(PATIENCE, () => this.#partial.delete(key))
      this.#partial.set(key, (partial = { pieces: [], giveUp }))
    }
    const { pieces } = partial
    if (pieces.some((piece) => piece.offset === fragment.offset)) return null
    pieces.push(fragment)
    pieces.sort((a, b) => a.offset - b.offset)
    const bytes = joined(pieces)
    if (bytes === null) return null
    this.#time.cancel(partial.giveUp)
    this.#partial.delete(key)
    return { ...packet, body: decodeBody(packet.version, fragment.protocol, bytes) }
  }

  /** Forgets all fragments. */
  clear(): void {
    for (const { giveUp } of this.#partial.values()) this.#time.cancel(giveUp)
    this.#partial.clear()
  }
}

function joined(pieces: readonly Fragment[]): Uint8Array | null {
  let end = 0
  for (const { offset, data } of pieces) {
    if (offset !== end) return null
    end += data.byteLength
  }
  if (pieces.at(-1)?.more !== false) return null
  const bytes = new Uint8Array(end)
  for (const { offset, data } of pieces) bytes.set(data, offset)
  return bytes
}
