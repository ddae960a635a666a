import type { Time } from '../clock/time.ts'
import type { Gate } from '../host/gate.ts'
import type { Packet } from '../ip/packet.ts'
import type { Witness } from '../see/sight.ts'
import { changed, viewOf, type PacketRule } from './rule.ts'

type Send = (packet: Packet) => void

/** What keeps packets from passing between hosts: partitions, holds, connections that were cut, rules. */
export class Barriers implements Gate {
  readonly #time: Time
  readonly #witness: Witness
  readonly #hostOf: (addr: string) => string | null
  readonly #partitions = new Set<string>()
  readonly #held = new Map<string, (() => void)[]>()
  readonly #silenced = new Set<string>()
  readonly #rules = new Set<PacketRule>()

  /** Makes it for a network without barriers; `hostOf` tells who has an address. */
  constructor(time: Time, witness: Witness, hostOf: (addr: string) => string | null) {
    this.#time = time
    this.#witness = witness
    this.#hostOf = hostOf
  }

  /** Packets between two hosts are lost from now on. */
  partition(a: string, b: string): void {
    this.#partitions.add(pairOf(a, b))
  }

  /** They pass again. */
  heal(a: string, b: string): void {
    this.#partitions.delete(pairOf(a, b))
  }

  /** All pass again. */
  healAll(): void {
    this.#partitions.clear()
    this.#silenced.clear()
  }

  /** Packets between two hosts wait from now on. */
  hold(a: string, b: string): void {
    const pair = pairOf(a, b)
    if (!this.#held.has(pair)) this.#held.set(pair, [])
  }

  /** They pass again, and those that wait go on, in their order. */
  release(a: string, b: string): void {
    const pair = pairOf(a, b)
    const waiting = this.#held.get(pair) ?? []
    this.#held.delete(pair)
    for (const go of waiting) this.#time.after(0, go)
  }

  /** Segments of a connection are lost from now on. */
  silence(a: string, b: string): void {
    this.#silenced.add(pairOf(a, b))
  }

  /** Adds a rule, behind those that are there. */
  add(rule: PacketRule): void {
    this.#rules.add(rule)
  }

  /** Takes a rule away. */
  delete(rule: PacketRule): void {
    this.#rules.delete(rule)
  }

  stops(packet: Packet): boolean {
    if (this.#partitions.size === 0 && this.#silenced.size === 0) return false
    const { src, dst, body } = packet
    const [from, to] = [this.#hostOf(src), this.#hostOf(dst)]
    if (from !== null && to !== null && this.#partitions.has(pairOf(from, to))) return true
    return (
      body.kind === 'tcp' && this.#silenced.has(pairOf(`${src} ${body.srcPort}`, `${dst} ${body.dstPort}`))
    )
  }

  pass(packet: Packet, where: string, send: Send): void {
    if (this.stops(packet)) {
      this.#witness.saw('lost', where, packet, 'partition')
      return
    }
    if (this.#held.size > 0) {
      const [from, to] = [this.#hostOf(packet.src), this.#hostOf(packet.dst)]
      const waiting = from === null || to === null ? undefined : this.#held.get(pairOf(from, to))
      if (waiting !== undefined) {
        waiting.push(() => {
          this.#judge(packet, where, send)
        })
        return
      }
    }
    this.#judge(packet, where, send)
  }

  #judge(packet: Packet, where: string, send: Send): void {
    let delay = 0
    let times = 1
    let passed = packet
    for (const rule of this.#rules) {
      const { now } = this.#time
      this.#time.touch()
      const from = where.slice(0, where.indexOf('/'))
      const verdict = rule(viewOf(passed, now, from, this.#hostOf(passed.dst))) ?? 'pass'
      if (verdict === 'drop') {
        this.#witness.saw('lost', where, packet, 'a rule')
        return
      }
      if (verdict === 'pass') continue
      if ('delay' in verdict) delay += verdict.delay
      else if ('duplicate' in verdict) times += verdict.duplicate
      else passed = changed(passed, verdict.change)
    }
    for (let i = 0; i < times; i++) {
      if (delay === 0) send(passed)
      else this.#time.after(delay, () => send(passed))
    }
  }
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}
