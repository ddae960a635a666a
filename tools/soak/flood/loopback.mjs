// Where the flood happens: on this machine alone.
import { parseIP } from '@net/addr'
import { checkNear } from '@net/peers'
import { posix } from '@net/posix'

const HOST = '127.0.0.1'
checkNear(HOST)

export const loopback = parseIP(HOST)
export const target = posix({ spin: 'off' })
