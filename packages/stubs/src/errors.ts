import { isError } from '@net/contract'
const MAX_CAUSES = 100 // a chain of causes may be a circle

/**
 * The error of something a target cannot do. There is one for each kind of target; compare by `code`.
 *
 * @example
 * ```ts
 * import { UnsupportedError } from '@net/stubs'
 *
 * const ErrMine = new UnsupportedError('not supported by mine', 'ENOTSUP')
 * console.log(ErrMine.temporary) // false
 * ```
 */
export class UnsupportedError extends Error {
  /** 'EPLAN9', 'EWINDOWS' or 'ENOTSUP'. */
  readonly code: string
  /** Waiting does not help. */
  readonly timeout = false
  /** Trying again does not help. */
  readonly temporary = false

  /** Makes the error of a target. */
  constructor(message: string, code: string) {
    super(message)
    this.code = code
    delete this.stack // it is made once and would tell where the package was loaded
  }
}
UnsupportedError.prototype.name = 'UnsupportedError'

/** Not supported by Plan 9: what the plan9 target refuses with. */
export const ErrPlan9 = new UnsupportedError('not supported by plan 9', 'EPLAN9')

/** Not supported by Windows: what the hosted sockets refuse with. */
export const ErrWindows = new UnsupportedError('not supported by windows', 'EWINDOWS')

/** Not supported by this target. */
export const ErrUnsupported = new UnsupportedError('operation not supported', 'ENOTSUP')

const codes = new Set<unknown>([ErrPlan9.code, ErrWindows.code, ErrUnsupported.code])

/**
 * Whether an error, or one in its chain of causes, says that the target has no such thing: by its `code`, so that the errors of
 * another installed copy of this package count, and those of a target of yours that takes a code from here. What failed on one
 * target for this reason may be tried in another way, and never by trying again.
 *
 * @example
 * ```ts
 * import { ErrPlan9, isRefusal, unixSockStubs } from '@net/stubs'
 *
 * const error = await unixSockStubs(ErrPlan9).listenUnix('unix', null).catch((e) => e)
 * console.log(isRefusal(error)) // true
 * ```
 */
export function isRefusal(e: unknown): boolean {
  for (let depth = 0; isError(e) && depth < MAX_CAUSES; e = e.cause, depth++) {
    if ('code' in e && codes.has(e.code)) return true
  }
  return false
}
