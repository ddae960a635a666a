import { dialNet } from '@net/core/plan9'
import { Option } from 'commander'
import { define } from '../session/command.ts'
import { whereForms, whereOf } from '../session/place.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { count } from '../session/status.ts'
import { tlsOfClient, tlsOptions, type TLSFiles } from '../session/tls_files.ts'
import { size } from '../relay/traffic.ts'

interface StatusOptions extends SessionOptions, TLSFiles {
  readonly serverName?: string
}

/** `netx status`: tells how an export stands, which it asks for in the export's own /net/log. */
export const exportStatus = define<StatusOptions>({
  name: 'status',
  summary: 'tell how an exported /net is used',
  description:
    'Tells of an export that runs: sessions, conversations and bytes, by peer. The user who runs it is told of everybody, ' +
    'over a Unix socket; others of themselves alone.',
  argument: ['<where...>', 'where the /net is exported'],
  options: () => [
    ...tlsOptions,
    new Option('--server-name <name>', "the name that the server's certificate must have"),
  ],
  timeout: 'how long it may take',
  notes: whereForms,
  examples: [
    ['netx status $HOME/net', 'tells of the export at a Unix socket'],
    [
      'netx status --json --psk-file key tcp there 9564',
      'tells what this peer uses there, for a program to read',
    ],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: StatusOptions): Promise<void> {
  const { signal } = session.ending
  const tls = tlsOfClient(options, options.serverName)
  await using net = await dialNet(whereOf('status', args), { tls, signal })
  const log = await net.open('log', 'rw', { signal })
  try {
    await log.write(Buffer.from('set status'), { signal })
    for await (const line of lines(log, signal)) {
      const [, name = null] = /^peer ("(?:[^"\\]|\\.)*")/.exec(line) ?? []
      if (name === null && !line.startsWith('all ')) throw new Error('the server does not tell how it stands')
      tell(session, name === null ? null : (JSON.parse(name) as string), line)
      if (name === null) return
    }
  } finally {
    await log.close().catch(() => {}) // the session goes with it
  }
}

function tell(session: Session, peer: string | null, line: string): void {
  const number = (name: string): number => Number(new RegExp(` ${name} (\\d+)`).exec(line)?.[1] ?? 0)
  const [sessions, conversations] = [number('sessions'), number('conversations')]
  const [bytesRead, bytesWritten] = [number('read'), number('written')]
  const ever = / ever (\d+) (\d+)/.exec(line)
  const text = [
    `${peer ?? 'all'}: ${count(sessions, 'session')}`,
    count(conversations, 'conversation'),
    `${size(bytesRead)} read`,
    `${size(bytesWritten)} written`,
    ...(ever === null ? [] : [`${number('refused')} refused`, `${number('denied')} denied`]),
  ]
  session.answer([text.join(', ')], {
    peer,
    sessions,
    conversations,
    bytesRead,
    bytesWritten,
    ...(ever !== null && {
      totalSessions: Number(ever[1]),
      totalConversations: Number(ever[2]),
      refused: number('refused'),
      denied: number('denied'),
    }),
  })
}

/** The lines of a file, which has no end. */
async function* lines(
  file: { read(p: Uint8Array, options: { readonly signal: AbortSignal }): Promise<number> },
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  const p = new Uint8Array(8192)
  let rest = ''
  for (;;) {
    const n = await file.read(p, { signal })
    if (n === 0) throw new Error('the server does not tell how it stands')
    rest += decoder.decode(p.subarray(0, n), { stream: true })
    const all = rest.split('\n')
    rest = all.pop() ?? ''
    yield* all
  }
}
