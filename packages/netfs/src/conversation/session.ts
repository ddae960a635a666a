import { Account } from '../account/account.ts'
import type { Peer } from '../account/peer.ts'
import type { Stack } from '../account/stack.ts'
import { NdbText } from '../base/ndb.ts'
import { Protocol } from './protocol.ts'
import { TCPConversation } from './tcp_conversation.ts'
import { UDPConversation } from './udp_conversation.ts'

/** What one client has: its conversations and its /net/ndb, which nobody else sees. */
export class Session extends Account {
  readonly tcp: Protocol<TCPConversation>
  readonly udp: Protocol<UDPConversation>
  readonly ndb: NdbText

  /** Makes a session of a peer, without conversations. */
  constructor(stack: Stack, peer: Peer) {
    super(stack, peer)
    this.tcp = new Protocol('tcp', 1, this, (n) => new TCPConversation(n, this.tcp))
    this.udp = new Protocol('udp', 2, this, (n) => new UDPConversation(n, this.udp))
    this.ndb = new NdbText(() => this.interfaces())
  }

  /** Ends every conversation, whatever is open. Resolves when the target has let go of all of them. */
  async end(): Promise<void> {
    this.endAccount()
    await Promise.all([this.tcp.end(), this.udp.end()])
  }
}
