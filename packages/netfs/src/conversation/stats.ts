import type { Numbered, Protocol } from './protocol.ts'

// The lines of the kernel's files whose numbers a session counts; the others belong to the host's system.
const lines = {
  tcp: ['ActiveOpens', 'PassiveOpens', 'EstabResets', 'CurrEstab'],
  udp: ['InDatagrams', 'NoPorts', 'InErrors', 'OutDatagrams'],
} as const

/** The text of tcp/stats or udp/stats: what the session has done. */
export function protocolStats(protocol: Pick<Protocol<Numbered>, 'name' | 'stats' | 'session'>): string {
  const { name, stats, session } = protocol
  const counted = lines[name].map((line) => `${line}: ${stats.get(line) ?? 0}\n`)
  const max = name === 'tcp' ? [`MaxConn: ${session.stack.limits.conversations}\n`] : []
  return [...max, ...counted].join('')
}
