import { asError, isError } from '@net/contract'

/** What an error says; what is thrown and is none is shown as text. */
export function messageOf(e: unknown): string {
  return asError(e).message
}

/** The code of an error, as 'ECONNREFUSED'; undefined where it has none. */
export function codeOf(e: unknown): unknown {
  return isError(e) && 'code' in e ? e.code : undefined
}
