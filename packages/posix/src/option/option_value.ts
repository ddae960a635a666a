// Values of socket options as the kernel has them: a C int unless the option's page of the manual says
// otherwise.
import { checkBuffer } from '@net/contract'
import { wordBytes } from '../wire/msg.ts'

/** What close does with unsent data: struct linger of sys/socket.h. */
export interface Linger {
  /** Whether close waits for unsent data, or drops it when `seconds` is 0. */
  readonly on: boolean
  /** How long it waits, in seconds. */
  readonly seconds: number
}

/** The types of options and what their values are here. */
export interface OptionValues {
  /** A C int, of 4 bytes. */
  int: number
  /** An unsigned C int, of 4 bytes. */
  uint: number
  /** An unsigned number of 64 bits. */
  uint64: bigint
  /** An unsigned char, of one byte; linux takes it where it has an int. */
  byte: number
  /** A C int that is 0 or 1. */
  bool: boolean
  /** Text of up to 255 bytes; the kernel's ends with NUL. */
  string: string
  /** Bytes, of which the manual tells the layout. */
  bytes: Uint8Array
  /** struct linger. */
  linger: Linger
  /** struct timeval, here in milliseconds; 0 means no limit. */
  timeval: number
}

/** The name of a type of options. */
export type OptionType = keyof OptionValues

/** How many bytes the value of an option has at most. */
export const optionSize: Readonly<Record<OptionType, number>> = {
  int: 4,
  uint: 4,
  uint64: 8,
  byte: 1,
  bool: 4,
  string: 256,
  bytes: 512,
  linger: 8,
  timeval: 2 * wordBytes,
}

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

function wrongKind(type: OptionType): TypeError {
  return new TypeError(`the value of the option is not of its type, ${type}`)
}

function integer(type: OptionType, value: unknown, min: number, max: number): number | null {
  if (typeof value !== 'number') throw wrongKind(type)
  return Number.isInteger(value) && value >= min && value <= max ? value : null
}

function int32(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer)
}

function milliseconds(value: unknown): Uint8Array | null {
  const ms = integer('timeval', value, 0, 0x7fffffff)
  if (ms === null) return null
  const [seconds, microseconds] = [Math.floor(ms / 1000), (ms % 1000) * 1000]
  return wordBytes === 4 ? int32(seconds, microseconds) : int32(seconds, 0, microseconds, 0)
}

function lingerBytes(value: unknown): Uint8Array | null {
  if (typeof value !== 'object' || value === null) throw wrongKind('linger')
  const { on, seconds } = value as Partial<Linger>
  if (typeof on !== 'boolean') throw wrongKind('linger')
  const l_linger = integer('linger', seconds, 0, 0x7fffffff)
  return l_linger === null ? null : int32(on ? 1 : 0, l_linger)
}

/**
 * Makes the bytes of a value. Gives null for a value that the type cannot hold, such as 2 ** 40 for an int.
 * Throws a TypeError for a wrong kind of value, such as a text for an int.
 */
export function encodeOption(type: OptionType, value: unknown): Uint8Array | null {
  let n: number | null
  switch (type) {
    case 'int':
      n = integer(type, value, -0x80000000, 0x7fffffff)
      return n === null ? null : int32(n)
    case 'uint':
      n = integer(type, value, 0, 0xffffffff)
      return n === null ? null : int32(n)
    case 'byte':
      n = integer(type, value, 0, 0xff)
      return n === null ? null : Uint8Array.of(n)
    case 'uint64':
      if (typeof value !== 'bigint') throw wrongKind(type)
      return value < 0n || value >= 1n << 64n ? null : new Uint8Array(BigUint64Array.of(value).buffer)
    case 'bool':
      if (typeof value !== 'boolean') throw wrongKind(type)
      return int32(value ? 1 : 0)
    case 'string': {
      if (typeof value !== 'string') throw wrongKind(type)
      const bytes = textEncoder.encode(`${value}\0`)
      return value.includes('\0') || bytes.byteLength > optionSize.string ? null : bytes
    }
    case 'bytes':
      if (checkBuffer(value) !== null) throw wrongKind(type)
      return value as Uint8Array
    case 'linger':
      return lingerBytes(value)
    case 'timeval':
      return milliseconds(value)
  }
}

function word(bytes: Uint8Array, index: number): number {
  const at = index * 4
  return at + 4 > bytes.byteLength ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true)
}

// Linux returns a small int as one byte when it was asked for one byte.
function number(bytes: Uint8Array): number {
  return bytes.byteLength < 4 ? (bytes[0] ?? 0) : word(bytes, 0)
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return textDecoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

const decoders: { readonly [T in OptionType]: (bytes: Uint8Array) => OptionValues[T] } = {
  int: number,
  uint: (bytes) => number(bytes) >>> 0,
  uint64: (bytes) => BigInt(word(bytes, 0) >>> 0) | (BigInt(word(bytes, 1) >>> 0) << 32n),
  byte: (bytes) => bytes[0] ?? 0,
  bool: (bytes) => number(bytes) !== 0,
  string: text,
  bytes: (bytes) => bytes,
  linger: (bytes) => ({ on: word(bytes, 0) !== 0, seconds: word(bytes, 1) }),
  timeval: (bytes) => word(bytes, 0) * 1000 + Math.round(word(bytes, wordBytes / 4) / 1000),
}

/** Makes a value of the bytes that the kernel gave. What is missing counts as 0. */
export function decodeOption<T extends OptionType>(type: T, bytes: Uint8Array): OptionValues[T] {
  return decoders[type](bytes)
}
