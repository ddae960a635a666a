// What a value is, it is asked itself and not this realm's constructors: a Uint8Array, Date or Error of a vm context, of jsdom or of
// Jest is an instance of none of ours. Lengths are asked of the internal slots, as a subclass may tell of itself what it likes.
import { AddrError, IP, IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr, UnknownNetworkError } from '@net/addr'

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const kindOf = getter(typedArray, Symbol.toStringTag)
const lengthOf = getter(typedArray, 'byteLength')

function getter(prototype: object, name: string | symbol): (this: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
  const get = Reflect.get(descriptor, 'get') as ((this: unknown) => unknown) | undefined
  if (get === undefined) throw new Error(`this host's typed arrays lack ${String(name)}`)
  return get
}

/**
 * Whether a value is a Uint8Array: one of any realm, or of a subclass, as Node's Buffer.
 *
 * @example
 * ```ts
 * import { isBytes } from '@net/contract'
 *
 * console.log(isBytes(new Uint8Array(1)), isBytes([1])) // true false
 * ```
 */
export function isBytes(x: unknown): x is Uint8Array {
  return kindOf.call(x) === 'Uint8Array'
}

/**
 * The bytes a buffer has in memory, whatever a subclass of Uint8Array says of itself; 0 when its ArrayBuffer was transferred. It is
 * what a system call may be told.
 *
 * @example
 * ```ts
 * import { byteLengthOf } from '@net/contract'
 *
 * const p = Object.defineProperty(new Uint8Array(8), 'byteLength', { value: 1e9 })
 * console.log(byteLengthOf(p)) // 8
 * ```
 */
export function byteLengthOf(p: Uint8Array): number {
  return lengthOf.call(p) as number
}

/**
 * Whether a value is a Date, of any realm. Its time may be NaN.
 *
 * @example
 * ```ts
 * import { isDate } from '@net/contract'
 *
 * console.log(isDate(new Date()), isDate(Date.now())) // true false
 * ```
 */
export function isDate(x: unknown): x is Date {
  if (typeof x !== 'object' || x === null) return false
  try {
    Date.prototype.getTime.call(x)
    return true
  } catch {
    return false // getTime refuses whatever has no time
  }
}

/**
 * Whether a value is an ArrayBuffer, of any realm; a SharedArrayBuffer is none.
 *
 * @example
 * ```ts
 * import { isArrayBuffer } from '@net/contract'
 *
 * console.log(isArrayBuffer(new ArrayBuffer(1)), isArrayBuffer(new Uint8Array(1))) // true false
 * ```
 */
export function isArrayBuffer(x: unknown): x is ArrayBuffer {
  return Object.prototype.toString.call(x) === '[object ArrayBuffer]'
}

/**
 * Whether a value is an error: what inherits from Error, of any realm, as a DOMException does too.
 *
 * @example
 * ```ts
 * import { isError } from '@net/contract'
 *
 * console.log(isError(new RangeError('x')), isError({ message: 'x' })) // true false
 * ```
 */
export function isError(x: unknown): x is Error {
  return inherits(x, 'Error')
}

/**
 * The error of what was thrown: itself, or for what is no error one that has it as its message.
 *
 * @example
 * ```ts
 * import { asError } from '@net/contract'
 *
 * console.log(asError('gone').message, asError(new RangeError('x')).name) // gone RangeError
 * ```
 */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(String(thrown))
}

/**
 * Whether a value is a TypeError, of any realm: what this library throws for a wrong kind of argument.
 *
 * @example
 * ```ts
 * import { isTypeError } from '@net/contract'
 *
 * console.log(isTypeError(new TypeError('x')), isTypeError(new RangeError('x'))) // true false
 * ```
 */
export function isTypeError(x: unknown): x is TypeError {
  return inherits(x, 'TypeError')
}

// The prototypes of the built-in errors have their names in every realm; what an instance calls itself does not matter.
function inherits(x: unknown, name: string): boolean {
  if (typeof x !== 'object' || x === null) return false
  let prototype = Object.getPrototypeOf(x) as object | null
  while (prototype !== null) {
    if (Object.getOwnPropertyDescriptor(prototype, 'name')?.value === name) return true
    prototype = Object.getPrototypeOf(prototype) as object | null
  }
  return false
}

/**
 * The TypeError of a buffer that is not a Uint8Array or that lies about its length, null for one to go on with. `what` is the
 * argument as the error calls it.
 *
 * @example
 * ```ts
 * import { checkBuffer } from '@net/contract'
 *
 * console.log(checkBuffer(new Uint8Array(1))) // null
 * console.log(checkBuffer('x', 'oob')?.message) // oob is not a Uint8Array
 * ```
 */
export function checkBuffer(p: unknown, what = 'the buffer'): TypeError | null {
  if (!isBytes(p)) return new TypeError(`${what} is not a Uint8Array`)
  return p.byteLength === byteLengthOf(p)
    ? null
    : new TypeError(`${what} has a byteLength that is not its own`)
}

/**
 * The same for an array of buffers; the error says which of them is wrong.
 *
 * @example
 * ```ts
 * import { checkBuffers } from '@net/contract'
 *
 * console.log(checkBuffers([new Uint8Array(1), 'x'])?.message) // buffers[1] is not a Uint8Array
 * ```
 */
export function checkBuffers(buffers: unknown): TypeError | null {
  if (!Array.isArray(buffers)) return new TypeError('the buffers are not an array')
  for (let i = 0; i < buffers.length; i++) {
    const wrong = checkBuffer(buffers[i], `buffers[${i}]`)
    if (wrong !== null) return wrong
  }
  return null
}

/**
 * The TypeError of packets to read into or to write, null for an array of them; the error says which buffer
 * is wrong.
 *
 * @example
 * ```ts
 * import { checkMessages } from '@net/contract'
 *
 * console.log(checkMessages([{ buffer: new Uint8Array(8), n: 0, addr: null }])) // null
 * console.log(checkMessages([{ buffer: 'text' }])?.message) // messages[0].buffer is not a Uint8Array
 * ```
 */
export function checkMessages(messages: unknown): TypeError | null {
  if (!Array.isArray(messages)) return new TypeError('the messages are not an array')
  for (let i = 0; i < messages.length; i++) {
    const { buffer, oob } = messages[i] as { buffer?: unknown; oob?: unknown }
    const wrong =
      checkBuffer(buffer, `messages[${i}].buffer`) ??
      (oob === undefined ? null : checkBuffer(oob, `messages[${i}].oob`))
    if (wrong !== null) return wrong
  }
  return null
}

const kinds = { 'a TCPAddr': TCPAddr, 'a UDPAddr': UDPAddr, 'an IPAddr': IPAddr, 'a UnixAddr': UnixAddr }

/**
 * The TypeError of an address that is not of a kind, null for one that is.
 *
 * @example
 * ```ts
 * import { TCPAddr } from '@net/addr'
 * import { checkAddr } from '@net/contract'
 *
 * console.log(checkAddr(new TCPAddr(null, 80), 'a UDPAddr')?.message) // the address is not a UDPAddr
 * ```
 */
export function checkAddr(addr: unknown, kind: keyof typeof kinds): TypeError | null {
  return addr instanceof kinds[kind] ? null : new TypeError(`the address is not ${kind}`)
}

/**
 * Throws the {@link checkAddr} error of the first address that is neither null nor of a kind: for calls that take null as the
 * system's choice, or refuse it in Go's words.
 *
 * @example
 * ```ts
 * import { TCPAddr } from '@net/addr'
 * import { checkAddrs } from '@net/contract'
 *
 * checkAddrs('a TCPAddr', null, new TCPAddr(null, 80)) // throws nothing
 * ```
 */
export function checkAddrs(kind: keyof typeof kinds, ...addrs: readonly unknown[]): void {
  for (const addr of addrs) {
    const wrong = addr === null ? null : checkAddr(addr, kind)
    if (wrong !== null) throw wrong
  }
}

/**
 * Checks that a network is one of a protocol's: 'tcp' with 'tcp4' and 'tcp6'. Throws an {@link UnknownNetworkError} for any other.
 *
 * @example
 * ```ts
 * import { checkNetwork } from '@net/contract'
 *
 * checkNetwork('tcp6', 'tcp')
 * ```
 */
export function checkNetwork(network: string, protocol: string): void {
  if (network !== protocol && network !== `${protocol}4` && network !== `${protocol}6`) {
    throw new UnknownNetworkError(network)
  }
}

/**
 * Throws a TypeError, '<what> is not a number', for what is none.
 *
 * @example
 * ```ts
 * import { checkNumber } from '@net/contract'
 *
 * checkNumber(4096, 'the size of a buffer') // throws nothing
 * ```
 */
export function checkNumber(x: unknown, what: string): void {
  if (typeof x !== 'number') throw new TypeError(`${what} is not a number`)
}

/**
 * Checks the arguments that joinGroup and leaveGroup share: throws a TypeError for a group that is not an IP, or a source that is
 * neither an IP nor null nor absent.
 *
 * @example
 * ```ts
 * import { parseIP } from '@net/addr'
 * import { checkGroup } from '@net/contract'
 *
 * checkGroup(parseIP('239.1.2.3'), null) // throws nothing
 * ```
 */
export function checkGroup(group: unknown, source: unknown): void {
  if (!(group instanceof IP)) throw new TypeError('the group is not an IP')
  if (source !== null && source !== undefined && !(source instanceof IP)) {
    throw new TypeError('the source is not an IP')
  }
}

/**
 * The address of an IP version that joinMulticastV4 or joinMulticastV6 was given, as text or not. Throws an AddrError for what is
 * none, or of the other version.
 *
 * @example
 * ```ts
 * import { memberAddress } from '@net/contract'
 *
 * console.log(memberAddress('239.1.2.3', 4).isMulticast) // true
 * ```
 */
export function memberAddress(address: IP | string, version: 4 | 6): IP {
  const ip = typeof address === 'string' ? parseIP(address) : address
  if (ip === null) throw new AddrError('invalid IP address', String(address))
  if ((ip.to4() !== null) !== (version === 4)) throw new AddrError(`non-IPv${version} address`, ip.toString())
  return ip
}

/**
 * The error of a call that needs an address and got null: an AddrError with Go's words.
 *
 * @example
 * ```ts
 * import { missingAddress } from '@net/contract'
 *
 * console.log(missingAddress().message) // missing address
 * ```
 */
export function missingAddress(): AddrError {
  return new AddrError('missing address', '')
}
