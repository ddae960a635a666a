// Constants of linux/netlink.h: messages of netlink(7), read and written.

/*
 * A datagram holds messages, each padded to a multiple of 4 bytes. Numbers are in the machine's own order.
 *
 *   0        4      6       8          12        16
 *   +--------+------+-------+----------+---------+----------------+---------
 *   | length | type | flags | sequence | port ID | payload        | padding
 *   +--------+------+-------+----------+---------+----------------+---------
 *
 * The payload of most is a fixed structure and attributes, each padded in the same way.
 *
 *   0        2      4
 *   +--------+------+----------------+---------
 *   | length | type | value          | padding
 *   +--------+------+----------------+---------
 *
 * Lengths count the header and not the padding.
 */

/** The protocol family of interfaces, addresses and routes. */
export const NETLINK_ROUTE = 0

/** Nothing. */
export const NLMSG_NOOP = 1
/** An error, or with error number 0 an acknowledgement. */
export const NLMSG_ERROR = 2
/** The end of a dump. */
export const NLMSG_DONE = 3
/** Messages were lost. */
export const NLMSG_OVERRUN = 4

/** The message asks for something. */
export const NLM_F_REQUEST = 0x1
/** The answer has more messages, up to {@link NLMSG_DONE}. */
export const NLM_F_MULTI = 0x2
/** The table changed while it was dumped. */
export const NLM_F_DUMP_INTR = 0x10
/** Asks for everything there is: NLM_F_ROOT and NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300

const NLA_TYPE_MASK = 0x3fff // the two bits above say how the value is made up

/** The size of struct nlmsghdr, in bytes. */
export const SizeofNlMsghdr = 16
/** The size of struct nlattr and of struct rtattr, in bytes. */
export const SizeofNlAttr = 4

/** The order of the machine's bytes, which is that of all numbers here. */
export const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** A message as it was received. */
export interface NetlinkMessage {
  /** What it is: one of the NLMSG or RTM constants. */
  readonly type: number
  /** A set of the NLM_F constants. */
  readonly flags: number
  /** The number of the request that it answers, 0 for an event. */
  readonly seq: number
  /** The port that asked, 0 for an event. */
  readonly pid: number
  /** What follows the header, without padding: a view of the datagram. */
  readonly payload: Uint8Array
}

/** The attributes of a message by type: views of its payload. Of several of one type the last counts. */
export type Attributes = ReadonlyMap<number, Uint8Array>

/** The next multiple of 4, to which messages and attributes are padded. */
export function align4(n: number): number {
  return (n + 3) & ~3
}

/** Splits a datagram into its messages; null when a length in it is not possible. */
export function parseMessages(b: Uint8Array): NetlinkMessage[] | null {
  const view = viewOf(b)
  const messages: NetlinkMessage[] = []
  for (let at = 0; at < b.byteLength;) {
    if (b.byteLength - at < SizeofNlMsghdr) return null
    const length = view.getUint32(at, littleEndian)
    if (length < SizeofNlMsghdr || length > b.byteLength - at) return null
    messages.push({
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      seq: view.getUint32(at + 8, littleEndian),
      pid: view.getUint32(at + 12, littleEndian),
      payload: b.subarray(at + SizeofNlMsghdr, at + length),
    })
    at += align4(length)
  }
  return messages
}

/**
 * Reads the attributes that follow a structure of `offset` bytes; null when a length in them is not possible.
 */
export function parseAttributes(payload: Uint8Array, offset = 0): Attributes | null {
  const view = viewOf(payload)
  const attributes = new Map<number, Uint8Array>()
  if (payload.byteLength < offset) return null
  for (let at = align4(offset); at < payload.byteLength;) {
    if (payload.byteLength - at < SizeofNlAttr) return null
    const length = view.getUint16(at, littleEndian)
    if (length < SizeofNlAttr || length > payload.byteLength - at) return null
    const type = view.getUint16(at + 2, littleEndian) & NLA_TYPE_MASK
    attributes.set(type, payload.subarray(at + SizeofNlAttr, at + length))
    at += align4(length)
  }
  return attributes
}

/**
 * The error of an NLMSG_ERROR or NLMSG_DONE: 0 or a negated error number; null when the message is too short
 * for one.
 */
export function messageError(m: NetlinkMessage): number | null {
  return m.payload.byteLength < 4 ? null : viewOf(m.payload).getInt32(0, littleEndian)
}

/** The number in an attribute of 4 bytes, or `absent` when it is not there or of another length. */
export function uint32Attribute(attributes: Attributes, type: number, absent: number): number {
  const value = attributes.get(type)
  return value?.byteLength === 4 ? viewOf(value).getUint32(0, littleEndian) : absent
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text in an attribute, up to its NUL, or '' when it is not there. */
export function textAttribute(attributes: Attributes, type: number): string {
  const value = attributes.get(type)
  if (value === undefined) return ''
  const end = value.indexOf(0)
  return decoder.decode(end < 0 ? value : value.subarray(0, end))
}

/** Makes a message of one payload. */
export function encodeNetlinkMessage(m: NetlinkMessage): Uint8Array {
  const length = SizeofNlMsghdr + m.payload.byteLength
  const b = new Uint8Array(align4(length))
  const view = viewOf(b)
  view.setUint32(0, length, littleEndian)
  view.setUint16(4, m.type, littleEndian)
  view.setUint16(6, m.flags, littleEndian)
  view.setUint32(8, m.seq, littleEndian)
  view.setUint32(12, m.pid, littleEndian)
  b.set(m.payload, SizeofNlMsghdr)
  return b
}

/** A view of a buffer's bytes, for numbers. */
export function viewOf(b: Uint8Array): DataView {
  return new DataView(b.buffer, b.byteOffset, b.byteLength)
}

/**
 * The answer to a dump, which comes in several datagrams: feed it each by {@link add} until that gives
 * something else than 'more'.
 */
export class DumpReply {
  /** The number of the request. */
  readonly seq: number
  /** The error number, negated, of an answer that is 'failed'. */
  error = 0
  #interrupted = false

  /** Expects the answer to the request of this number. */
  constructor(seq: number) {
    this.seq = seq
  }

  /**
   * Takes a datagram and hands each message of the answer to `each`. Says whether more follow, or it is
   * complete, or what is dumped changed in between ('interrupted': ask again), or the kernel refused
   * ('failed'), or it cannot be read.
   */
  add(
    datagram: Uint8Array,
    each: (m: NetlinkMessage) => void,
  ): 'more' | 'done' | 'interrupted' | 'failed' | 'malformed' {
    const messages = parseMessages(datagram)
    if (messages === null) return 'malformed'
    for (const m of messages) {
      if (m.seq !== this.seq) continue
      if ((m.flags & NLM_F_DUMP_INTR) !== 0) this.#interrupted = true
      if (m.type === NLMSG_DONE || m.type === NLMSG_ERROR) {
        // Older kernels send NLMSG_DONE without an error number.
        this.error = messageError(m) ?? 0
        if (this.error !== 0) return 'failed'
        return this.#interrupted ? 'interrupted' : 'done'
      }
      if (m.type === NLMSG_OVERRUN) return 'interrupted'
      if (m.type !== NLMSG_NOOP) each(m)
    }
    return 'more'
  }
}
