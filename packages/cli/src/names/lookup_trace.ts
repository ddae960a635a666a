import { RRType, type ResolverOptions } from '@net/core'
import { messageOf } from '../session/error.ts'
import type { Session } from '../session/session.ts'

/** What a resolver tells of what it does. */
export type Debug = NonNullable<ResolverOptions['debug']>

const names = new Map<number, string>(Object.entries(RRType).map(([name, number]) => [number, name]))

/** Tells which sources were chosen and why, which servers were asked for what, and what they did not know. */
export function lookupTrace(session: Session): Debug {
  return (event) => {
    if (event.type === 'order') {
      const { host, order, reason } = event
      session.say(`${host}: ${order}: ${reason}`, { event: 'order', host, order, reason })
      return
    }
    const { type, name, rrtype, server } = event
    const what = `${name} ${names.get(rrtype) ?? `TYPE${rrtype}`}`
    const error = event.type === 'failure' ? messageOf(event.error) : undefined
    const line = { query: `asks ${server} for ${what}`, cache: `has ${what} of ${server}` }
    session.say(type === 'failure' ? `${server} has no ${what}: ${error ?? ''}` : line[type], {
      event: type,
      name,
      type: names.get(rrtype) ?? `TYPE${rrtype}`,
      server,
      ...(error !== undefined && { error }),
    })
  }
}
