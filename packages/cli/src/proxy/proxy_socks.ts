import { timingSafeEqual } from 'node:crypto'
import { IP, type Addr, type Conn } from '@net/core'
import { Greeting, GreetingError } from './greeting.ts'
import { failureOf, type Failure, type Login, type Proxy, type Replies } from './proxy.ts'
import { Association } from './proxy_associate.ts'
import { socks4 } from './proxy_socks4.ts'
import { dismiss } from '../relay/relay.ts'
import { addressBytes, ATYP_DOMAINNAME, ATYP_IPV4, ATYP_IPV6 } from './socks_address.ts'

// RFC 1928
const VERSION = 5
const OLD_VERSION = 4
const NO_AUTHENTICATION = 0
const USERNAME_PASSWORD = 2
const NO_ACCEPTABLE_METHODS = 0xff
const CONNECT = 1
const UDP_ASSOCIATE = 3
const SUCCEEDED = 0
const COMMAND_NOT_SUPPORTED = 7
const ADDRESS_TYPE_NOT_SUPPORTED = 8

// RFC 1929
const LOGIN_VERSION = 1
const LOGIN_FAILED = 1

const LONGEST = 1024 // bytes: methods, login and request are 257, 513 and 262 at most

const replies: Readonly<Record<Failure, number>> = {
  other: 1,
  denied: 2,
  network: 3,
  host: 4,
  timeout: 4,
  refused: 5,
}

/**
 * SOCKS 5, RFC 1928: CONNECT and UDP ASSOCIATE to IPv4 and IPv6 addresses and to names, which the network
 * behind the proxy looks up; without authentication or with user and password (RFC 1929). BIND is refused. A
 * client may also speak SOCKS 4 or 4A.
 */
export async function socks(client: Conn, proxy: Proxy): Promise<void> {
  client.setDeadline(Date.now() + proxy.greetingTime)
  const greeting = new Greeting(client, LONGEST)
  const [version] = await greeting.take(1)
  if (version === OLD_VERSION) return await socks4(client, proxy, greeting)
  if (version !== VERSION) throw new GreetingError('it is not SOCKS')
  const [count = 0] = await greeting.take(1)
  const methods = await greeting.take(count)
  const method = proxy.login === undefined ? NO_AUTHENTICATION : USERNAME_PASSWORD
  if (!methods.includes(method)) {
    await dismiss(client, Uint8Array.of(VERSION, NO_ACCEPTABLE_METHODS))
    return
  }
  await client.write(Uint8Array.of(VERSION, method))
  if (proxy.login !== undefined && !(await login(greeting, proxy.login))) {
    await dismiss(client, Uint8Array.of(LOGIN_VERSION, LOGIN_FAILED))
    return
  }
  if (proxy.login !== undefined) await client.write(Uint8Array.of(LOGIN_VERSION, SUCCEEDED))

  const [again = 0, command = 0, , type = 0] = await greeting.take(4)
  if (again !== VERSION) throw new GreetingError('it is not SOCKS 5')
  const host = await hostOf(greeting, type)
  if (host === null) {
    await dismiss(client, reply(ADDRESS_TYPE_NOT_SUPPORTED))
    return
  }
  const [high = 0, low = 0] = await greeting.take(2)
  if (command !== CONNECT && command !== UDP_ASSOCIATE) {
    await dismiss(client, reply(COMMAND_NOT_SUPPORTED))
    return
  }
  proxy.greeted(client)
  if (command === UDP_ASSOCIATE) await associate(client, proxy)
  else await proxy.connect(client, host, high * 256 + low, greeting.rest, answers)
}

const answers: Replies = {
  granted: (addr) => reply(SUCCEEDED, addr),
  refused: (e) => reply(replies[failureOf(e)]),
}

/** Serves a client's datagrams until its connection ends. */
async function associate(client: Conn, proxy: Proxy): Promise<void> {
  let opened: Association
  try {
    opened = await Association.open(client, proxy)
  } catch (e) {
    await dismiss(client, answers.refused(e))
    return
  }
  await using association = opened
  client.setDeadline(null)
  await client.write(reply(SUCCEEDED, association.addr))
  const p = new Uint8Array(64)
  while ((await client.read(p)) !== null) {
    // What it says on this connection means nothing any more.
  }
}

async function login(greeting: Greeting, { user, password }: Login): Promise<boolean> {
  const [version] = await greeting.take(1)
  if (version !== LOGIN_VERSION) throw new GreetingError('it is not a login of SOCKS 5')
  const got = [await counted(greeting), await counted(greeting)]
  return [user, password].every((text, i) => same(Buffer.from(text), got[i] ?? Buffer.alloc(0)))
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

async function counted(greeting: Greeting): Promise<Uint8Array> {
  const [n = 0] = await greeting.take(1)
  return greeting.take(n)
}

async function hostOf(greeting: Greeting, type: number): Promise<string | null> {
  if (type === ATYP_IPV4) return IP.from(await greeting.take(4)).toString()
  if (type === ATYP_IPV6) return IP.from(await greeting.take(16)).toString()
  if (type === ATYP_DOMAINNAME) return Buffer.from(await counted(greeting)).toString('latin1')
  return null
}

// | version | reply | 0 | type | address | port |
function reply(code: number, addr?: Addr): Uint8Array {
  return Uint8Array.of(VERSION, code, 0, ...addressBytes(addr))
}
