/**
 * Numbers of what goes on in a tree, for a display. Its sessions change them all the time.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { posix } from '@net/posix'
 *
 * const net = embeddedNet(posix())
 * const ctl = await net.open('tcp/clone', 'rw')
 * console.log(net.activity.conversations) // 1
 * await ctl.close()
 * await net.close()
 * ```
 */
export class Activity {
  /** The number of sessions that there are now. */
  sessions = 0
  /** The number of sessions since the start. */
  totalSessions = 0
  /** The number of clients that were hung up on: too many of them, not attached in time, or idle. */
  refusedSessions = 0
  /** The number of conversations that are open now. */
  conversations = 0
  /** The number of conversations since the start. */
  totalConversations = 0
  /** Bytes that clients have read from conversations. */
  bytesRead = 0
  /** Bytes that clients have written to conversations. */
  bytesWritten = 0
  /** The number of connects, announces, calls and datagrams that the policy did not allow. */
  denied = 0
  /** Called when a session or conversation begins or ends; it must not throw. */
  onChange: (() => void) | null = null

  /** Counts a session that begins, or -1 when it has ended. */
  countSession(change: 1 | -1): void {
    this.sessions += change
    if (change > 0) this.totalSessions++
    this.onChange?.()
  }

  /** Counts a conversation that begins, or -1 when it has ended. */
  countConversation(change: 1 | -1): void {
    this.conversations += change
    if (change > 0) this.totalConversations++
    this.onChange?.()
  }
}
