import { Rate } from './rate.ts'

/** What goes on in a proxy. */
export class Traffic {
  /** Connections now. */
  connections = 0
  /** Connections since the start. */
  total = 0
  /** Bytes that clients have sent. */
  sent = 0
  /** Bytes that clients have got. */
  received = 0
  readonly #rate = new Rate()

  /** The bytes of both ways as one reads them; in a line that is `live`, written anew all the time, also how fast they go. */
  bytes(live: boolean): string {
    const rate = live ? `, ${size(Math.round(this.#rate.of(this.sent + this.received)))}/s` : ''
    return `${size(this.sent)} sent, ${size(this.received)} received${rate}`
  }
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** A number of bytes as one reads it: '12.3 MB'. */
export function size(bytes: number): string {
  let [n, i] = [bytes, 0]
  while (n >= 1000 && i < units.length - 1) [n, i] = [n / 1000, i + 1]
  return `${i === 0 ? String(n) : n.toFixed(1)} ${units[i] ?? ''}`
}
