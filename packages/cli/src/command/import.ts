import { readFileSync } from 'node:fs'
import { listenTCP, Net, resolveTCPAddr } from '@net/core'
import { plan9 } from '@net/core/plan9'
import { Option } from 'commander'
import { define } from '../session/command.ts'
import { Link } from '../relay/link.ts'
import { milliseconds } from '../session/option.ts'
import { whereForms, whereOf } from '../session/place.ts'
import { checkLoopback, Proxy, type Login, type Protocol } from '../proxy/proxy.ts'
import { http } from '../proxy/proxy_http.ts'
import { socks } from '../proxy/proxy_socks.ts'
import { Services } from '../relay/services.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked, count, Status } from '../session/status.ts'
import { tlsOfClient, tlsOptions, type TLSFiles } from '../session/tls_files.ts'
import { Traffic } from '../relay/traffic.ts'
import { UsageError } from '../session/usage_error.ts'

interface ImportOptions extends SessionOptions, TLSFiles {
  readonly socks?: string
  readonly http?: string
  readonly loginFile?: string
  readonly serverName?: string
  readonly connectTimeout?: number
  readonly dangerouslyServeAnyone?: boolean
}

/**
 * `netx import`: connects to a /net that is exported elsewhere and lets other programs dial through it, by
 * proxies that listen here, until the process is asked to end. A link that is cut is connected again.
 */
export const importNetwork = define<ImportOptions>({
  name: 'import',
  summary: 'use the network of an exported /net, by proxies',
  description:
    'Connects to a /net that is exported elsewhere and lets other programs dial through it, by proxies that listen here, ' +
    'until it is asked to end by SIGINT or SIGTERM. A link that is cut is connected again.',
  argument: ['<where...>', 'where the /net is exported'],
  options: () => [
    new Option('--socks <port>', 'listen there as a proxy of SOCKS 5, 4A and 4; a port, or host:port'),
    new Option('--http <port>', 'listen there as an HTTP proxy; a port, or host:port'),
    new Option('--login-file <file>', 'a line user:password that clients of the proxies must know'),
    new Option('--connect-timeout <ms>', 'how long connecting may take, each time').argParser(milliseconds),
    ...tlsOptions,
    new Option('--server-name <name>', "the name that the server's certificate must have"),
    new Option('--dangerously-serve-anyone', 'let proxies listen where others can connect'),
  ],
  timeout: 'how long it serves',
  notes: whereForms,
  examples: [
    ['netx import --socks 1080 $HOME/net', 'gives a SOCKS5 proxy through the /net at a Unix socket'],
    [
      'netx import --psk-file key --http 8080 tcp there 9564',
      'gives an HTTP proxy through one on another machine',
    ],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ImportOptions): Promise<void> {
  const address = whereOf('import', args)
  const wanted: [name: string, where: string | undefined, protocol: Protocol][] = [
    ['SOCKS5', options.socks, socks],
    ['HTTP', options.http, http],
  ]
  if (wanted.every(([, where]) => where === undefined)) throw new UsageError('import wants --socks or --http')
  const tls = tlsOfClient(options, options.serverName)
  const login = loginOf(options.loginFile)

  let say = (line: string, object: object): void => session.say(`netx: ${line}`, object)
  const told = (message: string): void => say(message, { event: 'link', message })
  const { connectTimeout } = options
  await using link = await Link.connect(address, { tls, connectTimeout }, session.ending, told)
  const net = new Net(plan9({ net: link }))
  const traffic = new Traffic()
  await using proxies = new Services()
  for (const [protocol, where, speak] of wanted) {
    if (where === undefined) continue
    const addr = await resolveTCPAddr('tcp', /^\d+$/.test(where) ? `127.0.0.1:${where}` : where)
    if (options.dangerouslyServeAnyone !== true) checkLoopback(addr)
    const listener = await listenTCP('tcp', addr)
    proxies.add(new Proxy(listener, speak, { net, traffic, login }))
    const at = listener.addr.toString()
    session.say(`${protocol} proxy at ${at}`, { event: 'listening', protocol, address: at })
  }
  using status = new Status(session, () => {
    const { connections, total, sent, received } = traffic
    const state = link.up ? '1 session' : 'no session'
    return [
      `${state}, ${count(connections, 'connection')} of ${total}, ${traffic.bytes(session.screen !== undefined)}`,
      { connected: link.up, connections, total, sent, received },
    ]
  })
  say = (line, object) => status.say(line, object)
  await asked(proxies.done, session.ending)
}

// The login is read from a file, because arguments show in the list of processes.
function loginOf(file: string | undefined): Login | undefined {
  if (file === undefined) return undefined
  const [, user, password] = /^([^:\n]+):([^\n]+)\n?$/.exec(readFileSync(file, 'utf8')) ?? []
  if (user === undefined || password === undefined) throw new Error(`${file} wants one line, user:password`)
  return { user, password }
}
