import type { OpenFile } from '@net/9p'
import type { Peer } from '../account/peer.ts'
import { Condition } from '../base/condition.ts'
import { controlWords } from '../base/control_message.ts'
import { readText, type SpecialFile } from '../base/node.ts'
import type { Session } from '../conversation/session.ts'

/**
 * Opens the log, in which nothing is written but what a client asks for: a read waits, as in a kernel whose
 * debugging is off, and a write that turns debugging on is taken without effect. The message `set status` puts
 * into it how things stand: a line for each peer, and one that begins with `all`. A client is told of its own
 * peer alone, but for the user who runs the export.
 */
export function openLog(node: SpecialFile, session: Session): OpenFile {
  const more = new Condition()
  let text = ''
  return {
    node,
    read: async (p, _offset, options) => {
      while (text === '') await more.wait(options)
      const n = readText(text, p, 0)
      text = Buffer.from(text).subarray(n).toString()
      return n
    },
    write: (p) => {
      const [verb, what] = controlWords(p)
      if (verb === 'set' && what === 'status') text = statusOf(session)
      if (text !== '') more.wakeAll()
      return p.byteLength
    },
  }
}

function statusOf({ stack, peer }: Session): string {
  const isOwner = peer.name === `user ${process.getuid?.() ?? NaN}`
  const peers = isOwner ? stack.peers.present() : [peer]
  const sum = (of: (one: Peer) => number): number => peers.reduce((n, one) => n + of(one), 0)
  const { totalSessions, totalConversations, refusedSessions, denied } = stack.activity
  const all = [
    `all sessions ${sum((one) => one.sessions.used)} conversations ${sum((one) => one.conversations.used)}`,
    `read ${sum((one) => one.bytesRead)} written ${sum((one) => one.bytesWritten)}`,
    ...(isOwner
      ? [`ever ${totalSessions} ${totalConversations} refused ${refusedSessions} denied ${denied}`]
      : []),
  ]
  return `${[...peers.map(lineOf), all.join(' ')].join('\n')}\n`
}

function lineOf({ name, sessions, conversations, bytesRead, bytesWritten }: Peer): string {
  const held = `sessions ${sessions.used} conversations ${conversations.used}`
  return `peer ${JSON.stringify(name)} ${held} read ${bytesRead} written ${bytesWritten}`
}
