import { AddrError, IP } from '@net/addr'

/** How many bytes the header has. */
export const udpHeaderSize = 52

/**
 * The header that Plan 9 puts before each UDP datagram in "headers" mode (ip(3)): where it came from or goes to.
 * Immutable. When reading, `raddr` and `rport` are the sender; when writing, they are the destination, `laddr` is
 * the source if it is an address of the machine, and the rest is ignored.
 *
 * ```
 *  0                16               32               48      50      52
 *  +----------------+----------------+----------------+-------+-------+----------
 *  | raddr          | laddr          | ifcaddr        | rport | lport | payload
 *  +----------------+----------------+----------------+-------+-------+----------
 * ```
 *
 * Addresses have 16 bytes, IPv4 as ::ffff:a.b.c.d; ports are big-endian.
 *
 * @example
 * ```ts
 * import { IP } from '@net/addr'
 * import { UDPHeader } from '@net/udp-header'
 *
 * const far = IP.from([192, 0, 2, 1])
 * const near = IP.from([127, 0, 0, 1])
 * const header = new UDPHeader({ raddr: far, laddr: near, ifcaddr: near, rport: 53, lport: 4000 })
 * console.log(header.marshal().byteLength) // 52
 * ```
 */
export class UDPHeader {
  /** The address of the other end. */
  readonly raddr: IP
  /** The address at this end that the datagram was sent to; a multicast address, possibly. */
  readonly laddr: IP
  /** The address of the interface that received it. */
  readonly ifcaddr: IP
  /** The port at the other end, 0 to 65535. */
  readonly rport: number
  /** The port at this end, 0 to 65535. */
  readonly lport: number

  /** Makes a header; a port that is not an integer from 0 to 65535 is an AddrError. */
  constructor(fields: { raddr: IP; laddr: IP; ifcaddr: IP; rport: number; lport: number }) {
    this.raddr = fields.raddr
    this.laddr = fields.laddr
    this.ifcaddr = fields.ifcaddr
    this.rport = checkPort(fields.rport)
    this.lport = checkPort(fields.lport)
  }

  /** The header as 52 bytes that belong to the caller. */
  marshal(): Uint8Array<ArrayBuffer> {
    const b = new Uint8Array(udpHeaderSize)
    this.marshalInto(b)
    return b
  }

  /**
   * Writes the header into the 52 bytes of `b` from `offset` on, and touches no other. RangeError when they do not
   * fit.
   */
  marshalInto(b: Uint8Array, offset = 0): void {
    if (!Number.isInteger(offset) || offset < 0 || b.byteLength - offset < udpHeaderSize) {
      throw new RangeError(
        `no room for a UDP header of ${udpHeaderSize} bytes at ${offset} of ${b.byteLength}`,
      )
    }
    const view = new DataView(b.buffer, b.byteOffset + offset, udpHeaderSize)
    putIP(view, 0, this.raddr)
    putIP(view, 16, this.laddr)
    putIP(view, 32, this.ifcaddr)
    view.setUint16(48, this.rport)
    view.setUint16(50, this.lport)
  }
}

/**
 * Takes a datagram of "headers" mode apart. `payload` is a view of what follows the header in `b`, not a copy: it
 * changes when `b` is used again. Less than 52 bytes are a RangeError with the text of Go's Plan 9 files.
 *
 * @example
 * ```ts
 * import { unmarshalUDPHeader } from '@net/udp-header'
 *
 * const datagram = new Uint8Array(54)
 * datagram[49] = 53
 * const { header, payload } = unmarshalUDPHeader(datagram)
 * console.log(header.rport) // 53
 * console.log(payload.byteLength) // 2
 * ```
 */
export function unmarshalUDPHeader<B extends ArrayBufferLike>(
  b: Uint8Array<B>,
): { header: UDPHeader; payload: Uint8Array<B> } {
  if (b.byteLength < udpHeaderSize) throw new RangeError('short read reading UDP header')
  const view = new DataView(b.buffer, b.byteOffset, udpHeaderSize)
  const header = new UDPHeader({
    raddr: getIP(view, 0),
    laddr: getIP(view, 16),
    ifcaddr: getIP(view, 32),
    rport: view.getUint16(48),
    lport: view.getUint16(50),
  })
  return { header, payload: b.subarray(udpHeaderSize) }
}

function getIP(view: DataView, at: number): IP {
  return IP.fromUint32s(
    view.getUint32(at),
    view.getUint32(at + 4),
    view.getUint32(at + 8),
    view.getUint32(at + 12),
  )
}

function putIP(view: DataView, at: number, ip: IP): void {
  view.setUint32(at, ip.uint32(0))
  view.setUint32(at + 4, ip.uint32(1))
  view.setUint32(at + 8, ip.uint32(2))
  view.setUint32(at + 12, ip.uint32(3))
}

function checkPort(port: number): number {
  if (typeof port !== 'number') throw new TypeError(`a port must be a number, not a ${typeof port}`)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new AddrError('invalid port', String(port))
  return port
}
