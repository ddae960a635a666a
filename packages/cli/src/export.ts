import { lstatSync, unlinkSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { defaultNet, dial, ErrClosed, isErr, TCPAddr, type Addr } from '@net/core'
import { defaultSocket, listenExport, type ListenExportOptions, type Rule } from '@net/core/plan9'
import type { Terminal } from './exchange.ts'
import { parseRule } from './rule.ts'
import { asked, count, Status } from './status.ts'
import { tlsFlags, tlsOfServer } from './tls_files.ts'
import { size } from './traffic.ts'
import { UsageError } from './usage.ts'

type Export = Awaited<ReturnType<typeof listenExport>>

/**
 * `netx export`: serves this machine's network as a Plan 9 /net over 9P2000, until the process is asked to end. What clients
 * may reach is what the first rule that matches says; what none matches is denied when there is an --allow, else allowed. With
 * --no-lookups they bring numeric addresses.
 */
export async function exportNetwork(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals, tokens } = parseArgs({
    args,
    allowPositionals: true,
    tokens: true,
    options: {
      allow: { type: 'string', multiple: true },
      deny: { type: 'string', multiple: true },
      'no-lookups': { type: 'boolean' },
      'dangerously-serve-anyone': { type: 'boolean' },
      ...tlsFlags,
    },
  })
  const [address = `unix!${defaultSocket()}`, ...rest] = positionals
  if (rest.length > 0) throw new UsageError('export wants one address at most')
  // In the order in which they were given.
  const rules = tokens.flatMap((token): Rule[] =>
    token.kind === 'option' && (token.name === 'allow' || token.name === 'deny')
      ? [parseRule(token.name, token.value ?? '')]
      : [],
  )
  const otherwise = rules.some(({ action }) => action === 'allow') ? 'deny' : 'allow'
  const { net, listener } = await serve(address, {
    policy: { rules, otherwise, lookups: values['no-lookups'] === true ? 'deny' : 'allow' },
    tls: tlsOfServer(values),
    dangerouslyServeAnyone: values['dangerously-serve-anyone'],
  })
  terminal.messages.write(`exporting /net at ${dialString(listener.addr)}\n`)
  const { activity } = net
  using status = new Status(terminal, () => {
    const { sessions, conversations, bytesRead, bytesWritten, denied } = activity
    const refused = denied === 0 ? '' : `, ${denied} denied`
    const bytes = `${size(bytesRead)} read, ${size(bytesWritten)} written`
    return `${count(sessions, 'session')}, ${count(conversations, 'conversation')}, ${bytes}${refused}`
  })
  try {
    await asked(net.done)
  } finally {
    await net.close()
    status.say(`ended after ${count(activity.totalSessions, 'session')}`)
  }
}

async function serve(address: string, options: ListenExportOptions): Promise<Export> {
  const { target } = defaultNet()
  try {
    return await listenExport(target, address, options)
  } catch (e) {
    const path = address.startsWith('unix!') ? address.slice('unix!'.length) : null
    if (path === null || !(await isAbandoned(path, e))) throw e
    unlinkSync(path)
    return await listenExport(target, address, options)
  }
}

/** Whether a listener could not be made because of the socket of one that has died. */
async function isAbandoned(path: string, e: unknown): Promise<boolean> {
  if (!(e instanceof Error && 'code' in e && e.code === 'EADDRINUSE' && lstatSync(path).isSocket()))
    return false
  try {
    const conn = await dial('unix', path)
    await conn.close()
    return false
  } catch (refusal) {
    return !isErr(refusal, ErrClosed) && (refusal as { code?: unknown }).code === 'ECONNREFUSED'
  }
}

function dialString(addr: Addr): string {
  return addr instanceof TCPAddr ? `tcp!${addr.hostname}!${addr.port}` : `unix!${addr.toString()}`
}
