import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Addr } from '@net/core'
import type { TraceMessage } from '@net/io'
import { messageOf } from './error.ts'
import type { Session } from './session.ts'

const kinds = ['dial', 'listen', 'resolve', 'accept', 'read', 'write', 'close']

/**
 * Tells of everything that the network does: a line when an operation has ended, with what it came to and how
 * long it took. It stops when it is disposed of. What other commands of the process do is told as well.
 */
export function following(session: Session): Disposable {
  const began = new WeakMap<object, number>()
  const start = (message: unknown): void => void began.set(message as object, performance.now())
  const end = (message: unknown): void => {
    const { op, net, source, addr, result, error } = message as TraceMessage
    const ms = performance.now() - (began.get(message as object) ?? performance.now())
    const [from, to] = [source?.toString() ?? '', addr?.toString() ?? '']
    const ends = [from, to].filter((text) => text !== '').join('->')
    const what = [op, net, ends].filter((text) => text !== '').join(' ')
    const outcome = error === undefined ? shown(result) : messageOf(error)
    session.say(`${what}: ${outcome} (${ms.toFixed(3)} ms)`, {
      event: 'trace',
      op,
      net,
      source: from,
      addr: to,
      ms: Math.round(ms * 1000) / 1000,
      ...(error === undefined ? { result: outcome } : { error: outcome }),
    })
  }
  const channels = kinds.flatMap((kind) => [
    [`tracing:@net.${kind}:start`, start] as const,
    [`tracing:@net.${kind}:asyncEnd`, end] as const,
  ])
  for (const [name, told] of channels) subscribe(name, told)
  return {
    [Symbol.dispose]() {
      for (const [name, told] of channels) unsubscribe(name, told)
    },
  }
}

/** What an operation came to: numbers, texts and addresses; of a connection the other end. */
function shown(result: unknown): string {
  if (Array.isArray(result)) return result.map(shown).join(' ')
  if (result === undefined) return 'done'
  if (result === null) return 'the end'
  if (typeof result !== 'object') return `${result as string | number}`
  if ('network' in result) return (result as Addr).toString()
  const { remoteAddr, addr } = result as { readonly remoteAddr?: Addr; readonly addr?: Addr }
  return (remoteAddr ?? addr)?.toString() ?? 'done'
}
