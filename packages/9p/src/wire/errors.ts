/**
 * What a server answered with Rerror: its words, unchanged, are the message.
 *
 * @example
 * ```ts
 * import { Client, RemoteError, serve9P } from '@net/9p'
 * import { pipe } from '@net/core'
 *
 * const [near, far] = pipe()
 * serve9P(far, { attach: () => Promise.reject(new Error('not today')) })
 * const client = await Client.connect(near)
 * const error = await client.attach().catch((e) => e)
 * console.log(error instanceof RemoteError, error.message) // true not today
 * await client.close()
 * ```
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

/**
 * A session that is over, or cannot begin: the link was cut, the peer broke the protocol, or this side closed
 * it. Every pending request rejects with it; the stream's error, if there was one, is its cause.
 *
 * @example
 * ```ts
 * import { Client, SessionError } from '@net/9p'
 * import { pipe } from '@net/core'
 *
 * const [near, far] = pipe()
 * const connecting = Client.connect(near).catch((e) => e)
 * await far.write(new TextEncoder().encode('220 mail.example ESMTP'))
 * const error = await connecting
 * console.log(error instanceof SessionError) // true
 * console.log(error.message) // 9P session ended: the peer does not speak 9P, it says "220 mail.example ESMTP"
 * await far.close()
 * ```
 */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  /** The same for every error of this class. */
  readonly code = 'ERR_9P_SESSION'
}
