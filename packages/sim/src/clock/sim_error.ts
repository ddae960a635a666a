/** A simulation that cannot go on, or that was used in a way that makes no sense. */
export class SimError extends Error {
  /** What is wrong: 'STUCK', 'LIMIT', 'NESTED', 'CLOSED', 'UNKNOWN', 'TAKEN', 'OUTSIDE', 'UNPLACED'. */
  readonly code: string

  /** Makes the error. */
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
SimError.prototype.name = 'SimError'
