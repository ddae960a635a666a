import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { listenTCP, Net, resolveTCPAddr } from '@net/core'
import { plan9 } from '@net/core/plan9'
import type { Terminal } from './exchange.ts'
import { Link } from './link.ts'
import { checkLoopback, Proxy, type Login, type Protocol } from './proxy.ts'
import { http } from './proxy_http.ts'
import { socks } from './proxy_socks.ts'
import { asked, count, Status } from './status.ts'
import { tlsFlags, tlsOfClient } from './tls_files.ts'
import { size, Traffic } from './traffic.ts'
import { UsageError } from './usage.ts'

/**
 * `netx import`: connects to a /net that is exported elsewhere and lets other programs dial through it, by proxies that listen
 * here, until the process is asked to end. A link that is cut is connected again.
 */
export async function importNetwork(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      socks: { type: 'string' },
      http: { type: 'string' },
      'login-file': { type: 'string' },
      'server-name': { type: 'string' },
      'dangerously-serve-anyone': { type: 'boolean' },
      ...tlsFlags,
    },
  })
  const [address, ...rest] = positionals
  if (address === undefined || rest.length > 0) throw new UsageError('import wants the address of a /net')
  const wanted: [name: string, where: string | undefined, protocol: Protocol][] = [
    ['SOCKS5', values.socks, socks],
    ['HTTP', values.http, http],
  ]
  if (wanted.every(([, where]) => where === undefined)) throw new UsageError('import wants --socks or --http')
  const tls = tlsOfClient(values, values['server-name'])
  const login = loginOf(values['login-file'])

  let say = (message: string): void => void terminal.messages.write(`netx: ${message}\n`)
  await using link = await Link.connect(address, { tls }, (message) => say(message))
  const net = new Net(plan9({ net: link }))
  const traffic = new Traffic()
  await using proxies = new Proxies()
  for (const [name, where, protocol] of wanted) {
    if (where === undefined) continue
    const addr = await resolveTCPAddr('tcp', /^\d+$/.test(where) ? `127.0.0.1:${where}` : where)
    if (values['dangerously-serve-anyone'] !== true) checkLoopback(addr)
    const listener = await listenTCP('tcp', addr)
    proxies.add(new Proxy(listener, protocol, { net, traffic, login }))
    terminal.messages.write(`${name} proxy at ${listener.addr.toString()}\n`)
  }
  using status = new Status(terminal, () => {
    const { connections, total, sent, received } = traffic
    const state = link.up ? '1 session' : 'no session'
    return `${state}, ${count(connections, 'connection')} of ${total}, ${size(sent)} sent, ${size(received)} received`
  })
  say = (message) => status.say(message)
  await asked(proxies.done)
}

/** The proxies of one import. */
class Proxies implements AsyncDisposable {
  readonly #proxies: Proxy[] = []

  add(proxy: Proxy): void {
    this.#proxies.push(proxy)
  }

  /** Rejects when one of them fails. */
  get done(): Promise<void> {
    return Promise.all(this.#proxies.map((proxy) => proxy.done)).then(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
  }
}

// A file keeps the password out of the list of processes.
function loginOf(file: string | undefined): Login | undefined {
  if (file === undefined) return undefined
  const [, user, password] = /^([^:\n]+):([^\n]+)\n?$/.exec(readFileSync(file, 'utf8')) ?? []
  if (user === undefined || password === undefined) throw new Error(`${file} wants one line, user:password`)
  return { user, password }
}
