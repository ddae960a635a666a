import { asError } from '@net/contract'
import { lowerASCII } from '../dns/name.ts'
import { lines, withoutComment } from './field.ts'
import { SystemFile } from './system_file.ts'

/** A condition behind a source: what to do when asking it ended in this way. Lower case. */
export interface NSSCriterion {
  /** Whether it holds for every status but this. */
  readonly negate: boolean
  /** 'success', 'notfound', 'unavail', 'tryagain'. */
  readonly status: string
  /** 'return', 'continue', 'merge'. */
  readonly action: string
}

/** A source of a database: 'files', 'dns', 'mdns4_minimal', ... */
export interface NSSSource {
  /** The source's name. */
  readonly source: string
  /** The conditions in brackets behind it. */
  readonly criteria: readonly NSSCriterion[]
}

/** What nsswitch.conf(5) says. */
export interface NSSConf {
  /** The sources of each database, such as 'hosts', in order. */
  readonly sources: ReadonlyMap<string, readonly NSSSource[]>
  /** Why the file could not be read or parsed, or null; the error's `code` is 'ENOENT' when there is none. */
  readonly error: Error | null
}

/**
 * Parses the text of an nsswitch.conf. Throws an Error for a line without a colon or a wrong criterion.
 *
 * @example
 * ```ts
 * import { parseNSSConf } from '@net/resolve'
 *
 * const { sources } = parseNSSConf('hosts: files dns\n')
 * console.log(sources.get('hosts')?.map(({ source }) => source).join()) // files,dns
 * ```
 */
export function parseNSSConf(text: string): NSSConf {
  const sources = new Map<string, NSSSource[]>()
  for (const line of lines(text)) {
    const entry = trim(withoutComment(line))
    if (entry === '') continue
    const colon = entry.indexOf(':')
    if (colon < 0) throw new Error('no colon on line')
    const database = trim(entry.slice(0, colon))
    const list = parseSources(trim(entry.slice(colon + 1)))
    if (list.length > 0) sources.set(database, [...(sources.get(database) ?? []), ...list])
  }
  return { sources, error: null }
}

function parseSources(text: string): NSSSource[] {
  const list: NSSSource[] = []
  while (text !== '') {
    const [source, rest] = cut(text, ' ')
    text = trim(rest)
    let criteria: NSSCriterion[] = []
    if (text.startsWith('[')) {
      if (!text.includes(']')) throw new Error('unclosed criterion bracket')
      const [inside, after] = cut(text.slice(1), ']')
      criteria = parseCriteria(inside)
      text = trim(after)
    }
    list.push({ source, criteria })
  }
  return list
}

function parseCriteria(text: string): NSSCriterion[] {
  const fields = text
    .split(' ')
    .map(trim)
    .filter((f) => f !== '')
  return fields.map((field) => {
    const negate = field.startsWith('!')
    const criterion = negate ? field.slice(1) : field
    if (criterion.length < 3 || !criterion.includes('=')) throw new Error(`invalid criteria: ${text}`)
    const [status, action] = cut(lowerASCII(criterion), '=')
    return { negate, status, action }
  })
}

/**
 * Whether the criteria of a source say no more than what holds without them.
 *
 * @example
 * ```ts
 * import { isStandard, parseNSSConf } from '@net/resolve'
 *
 * const [source] = parseNSSConf('hosts: files [NOTFOUND=return]\n').sources.get('hosts') ?? []
 * if (source !== undefined) console.log(isStandard(source)) // true
 * ```
 */
export function isStandard(source: NSSSource): boolean {
  return source.criteria.every((c, i) => {
    if (c.negate) return false
    if (!['success', 'notfound', 'unavail', 'tryagain'].includes(c.status)) return false
    if (i === source.criteria.length - 1 && c.action === 'return') return true
    return c.action === (c.status === 'success' ? 'return' : 'continue')
  })
}

/**
 * The nsswitch.conf of the system, or another, kept and read again when it changes. What is wrong with it
 * is in `error`.
 *
 * @example
 * ```ts
 * import { NSSwitchFile } from '@net/resolve'
 *
 * const { error } = new NSSwitchFile('/no/such/file').get()
 * console.log(error?.message) // open /no/such/file: no such file or directory
 * ```
 */
export class NSSwitchFile extends SystemFile<NSSConf> {
  /**
   * Makes a reader of a file; absent means /etc/nsswitch.conf. `maxAge` as for SystemFile, in milliseconds.
   */
  constructor(path = '/etc/nsswitch.conf', maxAge?: number) {
    super(path, readNSSConf, maxAge)
  }
}

function readNSSConf(text: string | null, error: Error | null): NSSConf {
  if (text === null) return { sources: new Map(), error }
  try {
    return parseNSSConf(text)
  } catch (e) {
    return { sources: new Map(), error: asError(e) }
  }
}

const blanks = ' \t\r\n'

function trim(s: string): string {
  let start = 0
  let end = s.length
  while (start < end && blanks.includes(s.charAt(start))) start++
  while (end > start && blanks.includes(s.charAt(end - 1))) end--
  return s.slice(start, end)
}

function cut(s: string, separator: string): [before: string, after: string] {
  const i = s.indexOf(separator)
  return i < 0 ? [s, ''] : [s.slice(0, i), s.slice(i + 1)]
}
