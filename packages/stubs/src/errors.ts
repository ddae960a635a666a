/** The error of something a target cannot do. There is one for each kind of target; compare by `code`. */
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
