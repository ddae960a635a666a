import type { IncomingMessage } from 'node:http'

/** What of a message is looked at here: those of Node have it, and its events of interim answers, too. */
type Head = Pick<IncomingMessage, 'httpVersion' | 'headers' | 'rawHeaders'>

/** A field of a message's head. */
export type Field = readonly [name: string, value: string]

// RFC 9110, section 7.6.1: these are between two neighbours. Trailer is among them because trailers are not
// passed on.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

// Connection may not name these: without them, the message would mean something else (section 7.6.1).
const KEPT = new Set(['host', 'content-length'])

const NAME = 'netx' // what this proxy calls itself

/**
 * The fields of a message that go on to the other side: those that are not between two neighbours, in their
 * order and as they were written, and Via, which says that the message came through here (RFC 9110, section
 * 7.6.3).
 */
export function forwarded(message: Head): Field[] {
  const named = new Set(
    (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()),
  )
  const fields = fieldsOf(message.rawHeaders).filter(([name]) => {
    const key = name.toLowerCase()
    return !HOP_BY_HOP.has(key) && (KEPT.has(key) || !named.has(key))
  })
  return [...fields, ['Via', `${message.httpVersion} ${NAME}`]]
}

/** The fields of a head as Node gives them: names and values in turn. */
export function fieldsOf(raw: readonly string[]): Field[] {
  const fields: Field[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i] ?? '', raw[i + 1] ?? ''])
  return fields
}

/** The bytes of a head: its first line, and its fields. */
export function headOf(line: string, fields: readonly Field[]): Buffer {
  const lines = [line, ...fields.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/**
 * How the body of a request is framed: 'none', of a length that is told, in chunks, or in a way that is not
 * known here.
 */
export function framingOf({ headers }: Head): 'none' | 'length' | 'chunked' | 'unknown' {
  const coding = headers['transfer-encoding']
  if (coding !== undefined) return coding.toLowerCase() === 'chunked' ? 'chunked' : 'unknown'
  return headers['content-length'] === undefined ? 'none' : 'length'
}
