import type { IP, IPAddr } from '@net/addr'
import { turnTaken } from '@net/io'
import { abi } from '../abi/system.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import { openSocket } from '../fd/sock_cloexec.ts'
import { familyOf, putInet, sockaddrOut, getUDPAddr } from '../wire/sockaddr.ts'
import { askName } from '../wire/socket_name.ts'
import { connect } from '../sys/syscall.ts'

const ANY_PORT = 9 // nothing is sent to it

/**
 * The address this machine would send from to each of `addrs`, null where it has no route to one: a UDP
 * socket is connected there, which sends nothing, and asked for its name.
 */
export async function sourceAddrs(addrs: readonly IPAddr[]): Promise<(IP | null)[]> {
  const sources: (IP | null)[] = []
  for (const addr of addrs) {
    sources.push(sourceAddr(addr))
    const turn = turnTaken() // an answer may have thousands of addresses
    if (turn !== null) await turn
  }
  return sources
}

function sourceAddr({ ip, zone }: IPAddr): IP | null {
  const family = familyOf(ip)
  const fd = openSocket(family, abi.SOCK_DGRAM, abi.IPPROTO_UDP)
  if (fd < 0) return null // the kernel does not have the family
  try {
    if (connect(fd, sockaddrOut, putInet(family, ip, ANY_PORT, zone)) < 0) return null
    return askName(fd) < 0 ? null : getUDPAddr().ip
  } finally {
    closeDescriptor(fd)
  }
}
