/** What goes on in a tree: numbers that its sessions keep, for a display. They change while one looks. */
export class Activity {
  /** Sessions now. */
  sessions = 0
  /** Sessions since the start. */
  totalSessions = 0
  /** Clients that were hung up on: too many, or not attached in time. */
  refusedSessions = 0
  /** Conversations now. */
  conversations = 0
  /** Conversations since the start. */
  totalConversations = 0
  /** Bytes that clients have read from conversations. */
  bytesRead = 0
  /** Bytes that clients have written to conversations. */
  bytesWritten = 0
  /** Connects, announces and datagrams that the policy did not allow. */
  denied = 0
  /** Called when a session or conversation begins or ends; it must not throw. */
  onChange: (() => void) | null = null

  /** Counts sessions; -1 for one that ended. */
  countSession(change: 1 | -1): void {
    this.sessions += change
    if (change > 0) this.totalSessions++
    this.onChange?.()
  }

  /** Counts conversations; -1 for one that ended. */
  countConversation(change: 1 | -1): void {
    this.conversations += change
    if (change > 0) this.totalConversations++
    this.onChange?.()
  }
}
