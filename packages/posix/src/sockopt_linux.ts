// Constants of sys/socket.h of linux.
import { abi } from './abi/system.ts'
import { setsockopt } from './syscall.ts'

const SO_BINDTODEVICE = 25

const encoder = new TextEncoder()
const ENOPROTOOPT = -(abi.errno.ENOPROTOOPT ?? 0)

/** SO_BINDTODEVICE, socket(7): keeps to one interface; '' lifts it. Only linux has it. */
export function bindToDevice(fd: number, name: string): number {
  if (abi.sockaddrHasLength) return ENOPROTOOPT
  const bytes = encoder.encode(`${name}\0`)
  return setsockopt(fd, abi.SOL_SOCKET, SO_BINDTODEVICE, bytes, bytes.byteLength)
}
