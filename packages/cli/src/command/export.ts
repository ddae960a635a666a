import { defaultNet } from '@net/core'
import { defaultSocket, type Rule } from '@net/core/plan9'
import { Option } from 'commander'
import { define } from '../session/command.ts'
import { dialString, serve } from '../network/exporter.ts'
import { whereForms, whereOf } from '../session/place.ts'
import { ruleForms, ruleOptions } from '../network/rule.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked, count, Status } from '../session/status.ts'
import { tlsOfServer, tlsOptions, type TLSFiles } from '../session/tls_files.ts'
import { size } from '../relay/traffic.ts'

interface ExportOptions extends SessionOptions, TLSFiles {
  readonly allow?: readonly Rule[]
  readonly deny?: readonly Rule[]
  readonly lookups: boolean
  readonly dangerouslyServeAnyone?: boolean
}

/**
 * `netx export`: serves this machine's network as a Plan 9 /net over 9P2000, until the process is asked to
 * end.
 */
export const exportNetwork = define<ExportOptions>({
  name: 'export',
  summary: "serve this machine's network as a Plan 9 /net",
  description:
    "Serves this machine's network as a Plan 9 /net over 9P2000, until it is asked to end by SIGINT or SIGTERM. What " +
    'clients may reach is what the first rule that matches says; what none matches is denied when there is an --allow, ' +
    'else allowed.',
  argument: ['[where...]', `where to listen; absent: ${defaultSocket()}`],
  options: () => [
    ...ruleOptions(),
    new Option('--no-lookups', 'look up no names for clients, who then bring addresses'),
    ...tlsOptions,
    new Option('--dangerously-serve-anyone', 'listen where others can connect, without TLS'),
  ],
  timeout: 'how long it serves',
  notes: `${whereForms}\n\n${ruleForms}`,
  examples: [
    ['netx export $HOME/net', "serves on a Unix socket that is this user's alone"],
    [
      "netx export --psk-file key --allow 'tcp!10.0.0.0/8!80-443' 'tcp!*!9564'",
      'serves who has the key, a part of the network',
    ],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ExportOptions): Promise<void> {
  const address = args.length === 0 ? `unix!${defaultSocket()}` : whereOf('export', args)
  const rules = options.allow ?? options.deny ?? []
  const otherwise = rules.some(({ action }) => action === 'allow') ? 'deny' : 'allow'
  const { net, listener } = await serve(defaultNet().target, address, {
    policy: { rules, otherwise, lookups: options.lookups ? 'allow' : 'deny' },
    tls: tlsOfServer(options),
    dangerouslyServeAnyone: options.dangerouslyServeAnyone,
  })
  const at = dialString(listener.addr)
  session.say(`exporting /net at ${at}`, { event: 'exporting', address: at })
  const { activity } = net
  using status = new Status(session, () => {
    const { sessions, conversations, bytesRead, bytesWritten, denied } = activity
    const refused = denied === 0 ? '' : `, ${denied} denied`
    const bytes = `${size(bytesRead)} read, ${size(bytesWritten)} written`
    return [
      `${count(sessions, 'session')}, ${count(conversations, 'conversation')}, ${bytes}${refused}`,
      { sessions, conversations, bytesRead, bytesWritten, denied },
    ]
  })
  try {
    await asked(net.done, session.ending)
  } finally {
    await net.close()
    const { totalSessions } = activity
    status.say(`ended after ${count(totalSessions, 'session')}`, { event: 'ended', sessions: totalSessions })
  }
}
