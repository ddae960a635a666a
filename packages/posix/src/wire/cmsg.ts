// struct cmsghdr and the CMSG_ macros of sys/socket.h.
import type { ABI } from '../abi/abi.ts'
import { abi } from '../abi/system.ts'
import { wordBytes } from './msg.ts'

/*
 * A control message on linux (64 bits)          and on the BSDs and darwin
 *  0        8       12     16                    0        4       8      12    a        a: 12 aligned
 *  +--------+-------+------+------+---------+    +--------+-------+------+-----+------+---------+
 *  | length | level | type | data | padding |    | length | level | type | pad | data | padding |
 *  +--------+-------+------+------+---------+    +--------+-------+------+-----+------+---------+
 * The length counts everything but the padding at the end.
 */

/** How a system lays out control messages, in bytes. */
export interface ControlLayout {
  /** The size of struct cmsghdr. */
  readonly header: number
  /** Where level is; type follows it after 4 bytes. */
  readonly level: number
  /** Where the data begins. */
  readonly data: number
  /** Each message begins at a multiple of it. */
  readonly alignment: number
}

/** How a system whose pointers have `word` bytes lays out control messages. */
export function controlLayout(on: ABI, word: number): ControlLayout {
  const alignment = on.has.wordAlignedControl ? word : 4
  const level = on.has.wordLengths ? word : 4
  const header = level + 8
  return { header, level, data: align(header, alignment), alignment }
}

function align(n: number, to: number): number {
  return Math.ceil(n / to) * to
}

const here = controlLayout(abi, wordBytes)

/** One control message: what the kernel or a peer says beside the bytes of a message. */
export interface ControlMessage {
  /** Whose message it is: SOL_SOCKET, IPPROTO_IP, ... */
  readonly level: number
  /** What it says, by the level: SCM_RIGHTS, IP_PKTINFO, ... */
  readonly type: number
  /** Its data: when parsed, a view of the bytes it was parsed from. */
  readonly data: Uint8Array
}

/** The bytes a control message takes whose data has `dataLength` bytes (CMSG_SPACE). */
export function controlSpace(dataLength: number, layout = here): number {
  return layout.data + align(dataLength, layout.alignment)
}

/**
 * The control messages in `oob`, in order. What makes no sense ends them. When there was too little room the
 * last one is cut short (MSG_CTRUNC among the flags tells): linux says so in its length, so its data may be
 * less than its type needs; where the length is left as it was, the message is not given.
 */
export function* controlMessages(oob: Uint8Array, layout = here): Generator<ControlMessage, void, undefined> {
  const view = new DataView(oob.buffer, oob.byteOffset, oob.byteLength)
  let at = 0
  while (at + layout.header <= oob.byteLength) {
    const length = getLength(view, at, layout)
    if (length < layout.data || length > oob.byteLength - at) return
    yield {
      level: view.getInt32(at + layout.level, true),
      type: view.getInt32(at + layout.level + 4, true),
      data: oob.subarray(at + layout.data, at + length),
    }
    at += align(length, layout.alignment)
  }
}

function getLength(view: DataView, at: number, layout: ControlLayout): number {
  const low = view.getUint32(at, true)
  return layout.level === 8 && view.getUint32(at + 4, true) !== 0 ? Infinity : low
}

/** The bytes of control messages, each aligned as the kernel wants them. */
export function marshalControl(messages: readonly ControlMessage[], layout = here): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const { data } of messages) length += controlSpace(data.byteLength, layout)
  const oob = new Uint8Array(length)
  const view = new DataView(oob.buffer)
  let at = 0
  for (const { level, type, data } of messages) {
    view.setUint32(at, layout.data + data.byteLength, true)
    view.setInt32(at + layout.level, level, true)
    view.setInt32(at + layout.level + 4, type, true)
    oob.set(data, at + layout.data)
    at += controlSpace(data.byteLength, layout)
  }
  return oob
}

const SizeofInt = 4

/**
 * The control message that passes descriptors (SCM_RIGHTS, unix(7)). Throws a RangeError for what is no
 * descriptor's number.
 *
 * @example
 * ```ts
 * import { parseUnixRights, socketPair, unixRights } from '@net/posix'
 * import { closeSync } from 'node:fs'
 *
 * const [a, b] = socketPair()
 * await a.writeMsgUnix(new TextEncoder().encode('here'), unixRights(0), null)
 * const oob = new Uint8Array(64)
 * const { oobn } = await b.readMsgUnix(new Uint8Array(16), oob)
 * const fds = parseUnixRights(oob.subarray(0, oobn))
 * console.log(fds.length) // 1
 * for (const fd of fds) closeSync(fd) // they are the caller's
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function unixRights(...fds: number[]): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(SizeofInt * fds.length)
  const view = new DataView(data.buffer)
  fds.forEach((fd, i) => {
    if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) {
      throw new RangeError(`${String(fd)} is not a descriptor`)
    }
    view.setInt32(SizeofInt * i, fd, true)
  })
  return marshalControl([{ level: abi.SOL_SOCKET, type: abi.SCM_RIGHTS, data }])
}

/**
 * The descriptors that the control messages in `oob` brought, in order; they belong to the caller. Where
 * there was too little room (MSG_CTRUNC among the flags), those whose numbers found a place are there, and
 * the kernel dropped the rest.
 *
 * @example
 * ```ts
 * import { closeSync } from 'node:fs'
 * import { parseUnixRights, socketPair, unixRights } from '@net/posix'
 *
 * const [a, b] = socketPair()
 * await a.writeMsgUnix(new TextEncoder().encode('two'), unixRights(0, 1), null)
 * const oob = new Uint8Array(64)
 * const { oobn } = await b.readMsgUnix(new Uint8Array(16), oob)
 * const fds = parseUnixRights(oob.subarray(0, oobn))
 * console.log(fds.length) // 2
 * for (const fd of fds) closeSync(fd)
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function parseUnixRights(oob: Uint8Array): number[] {
  const fds: number[] = []
  for (const { level, type, data } of controlMessages(oob)) {
    if (level !== abi.SOL_SOCKET || type !== abi.SCM_RIGHTS) continue
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at + SizeofInt <= data.byteLength; at += SizeofInt) fds.push(view.getInt32(at, true))
  }
  return fds
}
