import type { KeepAliveConfig } from '@net/contract'
import { abi } from '../abi/system.ts'
import { getsockopt, setsockopt } from './syscall.ts'

// An option's value is a C int unless its man page says otherwise.
const int = new Int32Array(1)
const intBytes = new Uint8Array(int.buffer)
const length = new Uint32Array(1)
const lengthBytes = new Uint8Array(length.buffer)

/** Sets an option that is an int. Gives 0 or a negated error number. */
export function setsockoptInt(fd: number, level: number, name: number, value: number): number {
  int[0] = value
  return setsockopt(fd, level, name, intBytes, 4)
}

/** Reads an option that is an int into `out`. Gives 0 or a negated error number. */
export function getsockoptInt(fd: number, level: number, name: number, out: { value: number }): number {
  length[0] = 4
  const result = getsockopt(fd, level, name, intBytes, lengthBytes)
  out.value = int[0] ?? 0
  return result
}

/**
 * Reads an option of any length into `value`. Gives the length the kernel filled or a negated error number.
 */
export function getsockoptBytes(fd: number, level: number, name: number, value: Uint8Array): number {
  length[0] = value.byteLength
  const result = getsockopt(fd, level, name, value, lengthBytes)
  return result < 0 ? result : (length[0] ?? 0)
}

/** Takes the error a socket has in store (SO_ERROR): 0 or a negated error number. */
export function socketError(fd: number): number {
  const pending = { value: 0 }
  const result = getsockoptInt(fd, abi.SOL_SOCKET, abi.SO_ERROR, pending)
  return result < 0 ? result : 0 - pending.value
}

/** TCP_NODELAY, tcp(7): sends small writes at once. */
export function setNoDelay(fd: number, on: boolean): number {
  return setsockoptInt(fd, abi.IPPROTO_TCP, abi.TCP_NODELAY, on ? 1 : 0)
}

/** SO_KEEPALIVE, socket(7): sends keep-alive probes. */
export function setKeepAlive(fd: number, on: boolean): number {
  return setsockoptInt(fd, abi.SOL_SOCKET, abi.SO_KEEPALIVE, on ? 1 : 0)
}

const linger = new Int32Array(2) // struct linger: l_onoff, l_linger
const lingerBytes = new Uint8Array(linger.buffer)

/** SO_LINGER, socket(7): what close does with unsent data; `seconds` < 0 turns it off. */
export function setLinger(fd: number, seconds: number): number {
  linger[0] = seconds < 0 ? 0 : 1
  linger[1] = Math.max(seconds, 0)
  return setsockopt(fd, abi.SOL_SOCKET, abi.SO_LINGER, lingerBytes, 8)
}

/** Whether close may wait for unsent data: SO_LINGER is on with a time. */
export function lingers(fd: number): boolean {
  const n = getsockoptBytes(fd, abi.SOL_SOCKET, abi.SO_LINGER, lingerBytes)
  return n === 8 && linger[0] !== 0 && linger[1] !== 0
}

/** SO_RCVBUF, socket(7): the size of the receive buffer in bytes. */
export function setReadBuffer(fd: number, bytes: number): number {
  return setsockoptInt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, bytes)
}

/** SO_SNDBUF, socket(7): the size of the send buffer in bytes. */
export function setWriteBuffer(fd: number, bytes: number): number {
  return setsockoptInt(fd, abi.SOL_SOCKET, abi.SO_SNDBUF, bytes)
}

const IDLE = 15_000 // milliseconds
const INTERVAL = 15_000 // milliseconds
const COUNT = 9

/** An option that is an int, and the value to set. */
interface IntOption {
  readonly level: number
  readonly name: number
  readonly value: number
}

/**
 * SO_KEEPALIVE, then TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT, tcp(7): without what is to be left alone, and without what a
 * system lacks, which keeps its own.
 */
function keepAliveOptions({ enable, idle = 0, interval = 0, count = 0 }: KeepAliveConfig): IntOption[] {
  const numbers: IntOption[] = [
    { level: abi.IPPROTO_TCP, name: abi.TCP_KEEPIDLE, value: seconds(idle === 0 ? IDLE : idle) },
    { level: abi.IPPROTO_TCP, name: abi.TCP_KEEPINTVL, value: seconds(interval === 0 ? INTERVAL : interval) },
    { level: abi.IPPROTO_TCP, name: abi.TCP_KEEPCNT, value: count === 0 ? COUNT : count },
  ]
  const known = numbers.filter(({ name, value }) => name !== 0 && value >= 0)
  return [{ level: abi.SOL_SOCKET, name: abi.SO_KEEPALIVE, value: enable ? 1 : 0 }, ...known]
}

// A negative time leaves the option alone; rounding up must not make 0 of a small one.
function seconds(ms: number): number {
  return ms < 0 ? -1 : Math.ceil(ms / 1000)
}

/** Sets the options until one fails. Gives 0 or a negated error number. */
function setOptions(fd: number, options: readonly IntOption[]): number {
  for (const { level, name, value } of options) {
    const result = setsockoptInt(fd, level, name, value)
    if (result < 0) return result
  }
  return 0
}

/** Sets what {@link keepAliveOptions} says. */
export function setKeepAliveConfig(fd: number, config: KeepAliveConfig): number {
  return setOptions(fd, keepAliveOptions(config))
}

const usual = keepAliveOptions({ enable: true })

/** Sets up keep-alive as the option of dial and listen says: absent and true mean on with the defaults. */
export function setKeepAliveOption(fd: number, option: KeepAliveConfig | boolean | undefined): number {
  if (option === false) return 0
  return typeof option === 'object' ? setKeepAliveConfig(fd, option) : setOptions(fd, usual)
}
