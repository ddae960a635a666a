// Structs of sys/socket.h and sys/uio.h.
import { byteLengthOf } from '@net/contract'
import type { ABI } from '../abi/abi.ts'
import { abi } from '../abi/system.ts'
import { sockaddrOut, sockaddrIn, sockaddrInLength } from './sockaddr.ts'
import { ffi } from '../sys/ffi.ts'
import { syscall } from '../sys/syscall.ts'

/*
 * struct msghdr on systems of 64 bits                            struct iovec
 *  0      8       12   16     24     32       40        48   56   0       8      16
 *  +------+-------+----+------+------+--------+---------+-----+   +-------+------+
 *  | name |namelen|    | iov  |iovlen|control |ctrllen  |flags|   | base  | len  |     linux
 *  +------+-------+----+------+------+--------+----+----+-----+   +-------+------+
 *  | name |namelen|    | iov  |len   |control |len |flags|        the BSDs and darwin: lengths of 4 bytes, size 48
 *  +------+-------+----+------+------+--------+----+-----+
 */

/** Where the fields of struct msghdr are, in bytes. */
export interface MessageLayout {
  readonly Name: number
  readonly Namelen: number
  readonly Iov: number
  readonly Iovlen: number
  readonly Control: number
  readonly Controllen: number
  readonly Flags: number
  readonly size: number
}

/** The bytes of a pointer here. */
export const wordBytes = ['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(process.arch) ? 4 : 8

/** Bytes that linux moves in one call at most (MAX_RW_COUNT): a length of more may not fit into 4 bytes. */
const MAX_COUNT = 0x7ffff000

/** The layout of struct msghdr on a system whose pointers have `word` bytes. */
export function messageLayout(on: ABI, word: number): MessageLayout {
  const flags = on.has.wordLengths ? 6 * word : 5 * word + 4
  return {
    Name: 0,
    Namelen: word,
    Iov: 2 * word,
    Iovlen: 3 * word,
    Control: 4 * word,
    Controllen: 5 * word,
    Flags: flags,
    size: Math.ceil((flags + 4) / word) * word,
  }
}

const at = messageLayout(abi, wordBytes)
/** The size of struct msghdr here, in bytes. */
export const SizeofMsghdr = at.size
/** Where the length of the name is in struct msghdr here, in bytes. */
export const nameLengthAt = at.Namelen
/** The size of struct iovec here, in bytes. */
export const SizeofIovec = 2 * wordBytes

/**
 * Memory of structs for system calls, whose numbers are in the host's byte order; all hosts with an FFI are
 * little-endian.
 */
export class Structs {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #words: Uint32Array
  readonly #pointers: BigUint64Array
  #address = 0n

  /** Makes memory of `byteLength` zero bytes. */
  constructor(byteLength: number) {
    const buffer = new ArrayBuffer(Math.ceil(byteLength / 8) * 8)
    this.bytes = new Uint8Array(buffer)
    this.#words = new Uint32Array(buffer)
    this.#pointers = new BigUint64Array(buffer)
  }

  /** The address of the memory. */
  get address(): bigint {
    if (this.#address === 0n) this.#address = ffi().address(this.bytes)
    return this.#address
  }

  /** The 4 bytes at `offset`. */
  uint32(offset: number): number {
    return this.#words[offset >> 2] ?? 0
  }

  /** Sets the 4 bytes at `offset`. */
  setUint32(offset: number, value: number): void {
    this.#words[offset >> 2] = value
  }

  /** Sets the bytes of a pointer's size at `offset` to a number of 4 bytes. */
  setWord(offset: number, value: number): void {
    this.#words[offset >> 2] = value
    if (wordBytes === 8) this.#words[(offset >> 2) + 1] = 0
  }

  /** Sets the pointer at `offset`. */
  setPointer(offset: number, address: bigint): void {
    if (wordBytes === 8) this.#pointers[offset >> 3] = address
    else this.#words[offset >> 2] = Number(address)
  }

  /** Points the struct iovec at `offset` to a buffer, which must live until the call is over. */
  setVector(offset: number, buffer: Uint8Array): void {
    const byteLength = Math.min(byteLengthOf(buffer), MAX_COUNT)
    this.setPointer(offset, byteLength === 0 ? 0n : ffi().address(buffer))
    this.setWord(offset + wordBytes, byteLength)
  }
}

/** Points the struct msghdr at `offset` to its name and its one vector, by their addresses. */
export function putMessage(s: Structs, offset: number, name: bigint, vector: bigint): void {
  s.setPointer(offset + at.Name, name)
  s.setPointer(offset + at.Iov, vector)
  s.setWord(offset + at.Iovlen, 1)
}

/** Sets the lengths of a struct msghdr and its control messages by their address, and clears its flags. */
export function putLengths(
  s: Structs,
  offset: number,
  nameLength: number,
  control: bigint,
  controlLength: number,
): void {
  s.setUint32(offset + at.Namelen, nameLength)
  s.setPointer(offset + at.Control, controlLength === 0 ? 0n : control)
  // On linux the field is as wide as a pointer. Elsewhere it has 4 bytes, and this also clears the flags,
  // which follow it.
  s.setWord(offset + at.Controllen, controlLength)
  s.setUint32(offset + at.Flags, 0)
}

/** The address of control messages, for {@link putLengths}. */
export function addressOf(oob: Uint8Array | null): bigint {
  return oob === null || controlSize(oob) === 0 ? 0n : ffi().address(oob)
}

/** The bytes of control messages, for {@link putLengths}; null has none. */
export function controlSize(oob: Uint8Array | null): number {
  return oob === null ? 0 : byteLengthOf(oob)
}

/** The bytes of the name that a call filled in the struct msghdr at `offset`. */
function nameLength(s: Structs, offset: number): number {
  return s.uint32(offset + at.Namelen)
}

/** The bytes of control messages that a call filled in the struct msghdr at `offset`. */
export function controlLength(s: Structs, offset: number): number {
  return s.uint32(offset + at.Controllen)
}

/** The flags that a call set in the struct msghdr at `offset`. */
export function messageFlags(s: Structs, offset: number): number {
  return s.uint32(offset + at.Flags)
}

const recvmsgCall = syscall('intptr_t recvmsg(int fd, void *msg, int flags)')
const sendmsgCall = syscall('intptr_t sendmsg(int fd, const void *msg, int flags)')

// Calls do not nest, so one message serves them all.
const message = new Structs(SizeofMsghdr + SizeofIovec)
const lengthWord = new Uint32Array(sockaddrInLength.buffer)

let outAddress = 0n
let inAddress = 0n
let vectorAddress = 0n

function resolve(): void {
  outAddress = ffi().address(sockaddrOut)
  inAddress = ffi().address(sockaddrIn)
  vectorAddress = message.address + BigInt(SizeofMsghdr)
}

/** What the last {@link recvmsg} told beside the bytes: those of control messages, and the MSG_ flags. */
export const received = { oobn: 0, flags: 0 }

/**
 * recvmsg(2), which never waits, of one buffer and, unless `oob` is null or empty, of control messages. The sender's address is
 * then in {@link sockaddrIn} with its length (0 when there is none), the rest in {@link received}. Gives the
 * bytes read or a negated error number.
 */
export function recvmsg(fd: number, p: Uint8Array, oob: Uint8Array | null, flags: number): number {
  if (vectorAddress === 0n) resolve()
  message.setVector(SizeofMsghdr, p)
  putMessage(message, 0, inAddress, vectorAddress)
  putLengths(message, 0, sockaddrIn.byteLength, addressOf(oob), controlSize(oob))
  const n = recvmsgCall(fd, message.bytes, flags | abi.MSG_DONTWAIT)
  if (n >= 0) {
    lengthWord[0] = nameLength(message, 0)
    received.oobn = controlLength(message, 0)
    received.flags = messageFlags(message, 0)
  }
  return n
}

/**
 * sendmsg(2), which never waits, of one buffer and, unless `oob` is null or empty, of control messages, to the address of
 * `addrlen` bytes in {@link sockaddrOut}; 0 sends to the socket's peer. Gives the bytes sent or a negated
 * error number.
 */
export function sendmsg(
  fd: number,
  p: Uint8Array,
  oob: Uint8Array | null,
  addrlen: number,
  flags: number,
): number {
  if (vectorAddress === 0n) resolve()
  message.setVector(SizeofMsghdr, p)
  putMessage(message, 0, outAddress, vectorAddress)
  putLengths(message, 0, addrlen, addressOf(oob), controlSize(oob))
  return sendmsgCall(fd, message.bytes, flags | abi.MSG_DONTWAIT)
}
