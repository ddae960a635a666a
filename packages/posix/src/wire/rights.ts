// What unix(7) says of SCM_RIGHTS.
import { byteLengthOf } from '@net/contract'
import { abi } from '../abi/system.ts'
import {
  controlMessages,
  controlSpace,
  marshalControl,
  parseUnixRights,
  type ControlMessage,
} from './cmsg.ts'
import { close, fcntl } from '../sys/syscall.ts'

/** Closes descriptors that came with a message and that nobody will see. */
export function closeRights(fds: readonly number[]): void {
  for (const fd of fds) close(fd)
}

/**
 * Makes descriptors that came with a message close-on-exec, where the kernel does not do it itself (darwin).
 */
export function closeOnExec(control: Uint8Array): void {
  if (abi.MSG_CMSG_CLOEXEC !== 0) return
  for (const fd of parseUnixRights(control)) fcntl(fd, abi.F_SETFD, abi.FD_CLOEXEC)
}

/**
 * Copies control messages into `oob` as far as there is room, and gives the bytes it filled. A message that
 * does not fit is left out, and so are all after it; of descriptors as many are given as fit, and the others
 * are closed: the caller would never learn their numbers.
 */
export function giveControl(control: Uint8Array, oob: Uint8Array): { oobn: number; truncated: boolean } {
  if (control.byteLength <= byteLengthOf(oob)) {
    oob.set(control)
    return { oobn: control.byteLength, truncated: false }
  }
  let oobn = 0
  let truncated = false
  for (const message of controlMessages(control)) {
    const fitting = truncated ? null : fit(message, byteLengthOf(oob) - oobn)
    if (fitting === null || fitting.data.byteLength < message.data.byteLength) {
      truncated = true
      closeRights(rightsOf(message).slice(fitting === null ? 0 : rightsOf(fitting).length))
      if (fitting === null) continue
    }
    const bytes = marshalControl([fitting]).subarray(0, byteLengthOf(oob) - oobn) // padding may be cut off
    oob.set(bytes, oobn)
    oobn += bytes.byteLength
  }
  return { oobn, truncated }
}

/** The message, or as many of its descriptors as `room` bytes hold, or null when that is none. */
function fit(message: ControlMessage, room: number): ControlMessage | null {
  const space = room - controlSpace(0)
  if (message.data.byteLength <= space) return message
  if (rightsOf(message).length === 0 || space < 4) return null
  return { ...message, data: message.data.subarray(0, space - (space % 4)) }
}

function rightsOf(message: ControlMessage): number[] {
  return parseUnixRights(marshalControl([message]))
}
