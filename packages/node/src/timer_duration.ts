const LONGEST = 2 ** 31 - 1 // milliseconds that a timer of Node can wait

/**
 * Checks a time in milliseconds as Node's sockets do and gives one that a timer takes: the longest there is, with a warning, for
 * a longer one. Throws Node's errors for what is no number, is negative or not finite.
 */
export function timerDuration(ms: number): number {
  if (typeof ms !== 'number') {
    throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', `The "msecs" argument must be of type number`)
  }
  if (!(ms >= 0 && ms < Infinity)) {
    const range = `It must be a non-negative finite number. Received ${ms}`
    throw coded(RangeError, 'ERR_OUT_OF_RANGE', `The value of "msecs" is out of range. ${range}`)
  }
  if (ms <= LONGEST) return ms
  const cut = `Timer duration was truncated to ${LONGEST}.`
  process.emitWarning(`${ms} does not fit into a 32-bit signed integer.\n${cut}`, 'TimeoutOverflowWarning')
  return LONGEST
}

function coded(kind: ErrorConstructor, code: string, message: string): Error {
  return Object.assign(new kind(message), { code })
}
