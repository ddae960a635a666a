import { isError } from '@net/contract'
/** What a server answered with Rerror: its words, unchanged, are the message. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

/**
 * A session that is over, or cannot begin: the link was cut, the peer broke the protocol, or this side closed it.
 * Every pending request rejects with it; the stream's error, if there was one, is its cause.
 */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  /** The same for every error of this class. */
  readonly code = 'ERR_9P_SESSION'
}

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  return isError(error) ? error.message : String(error)
}
