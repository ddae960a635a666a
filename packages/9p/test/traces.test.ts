import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeMessage, encodedMessage, type Message9P } from '../src/index.ts'

interface Reply {
  readonly peer: 'K' | 'I'
  readonly request: string
  readonly type: number
  readonly tag: number
  readonly body: string
}

const file = new URL('../../../test-data/9p/traces.json', import.meta.url)
const { replies } = JSON.parse(readFileSync(file, 'utf8')) as { replies: Reply[] }

function frame({ type, tag, body }: Reply): Uint8Array {
  const bytes = Buffer.from(body, 'hex')
  const b = Buffer.alloc(7 + bytes.length)
  b.writeUInt32LE(b.length)
  b.writeUInt8(type, 4)
  b.writeUInt16LE(tag, 5)
  bytes.copy(b, 7)
  return new Uint8Array(b)
}

function reply(peer: string, request: string): Message9P {
  const found = replies.find((r) => r.peer === peer && r.request === request)
  if (found === undefined) throw new Error(`${request} was not recorded`)
  return decodeMessage(frame(found))
}

describe('what real servers sent', () => {
  test.each(replies)('$peer: $request is read and written to the same bytes', (recorded) => {
    const bytes = frame(recorded)
    const message = decodeMessage(bytes)
    expect(message).toMatchObject({ type: recorded.type, tag: recorded.tag })
    expect(encodedMessage(message)).toEqual(bytes)
  })

  test('decodeMessage() reads their stats', () => {
    expect(reply('I', 'Tstat ndb')).toMatchObject({ stat: { name: 'ndb', gid: 'root', mode: 0o664 } })
    expect(reply('K', 'Tstat ndb')).toEqual({
      type: 125,
      tag: 7,
      stat: {
        type: 73,
        dev: 0,
        qid: { type: 0, version: 1, path: 4n },
        mode: 0o666,
        atime: 1795421375,
        mtime: 1370138584,
        length: 49n,
        name: 'ndb',
        uid: 'network',
        gid: 'glenda',
        muid: 'network',
      },
    })
  })

  test('decodeMessage() reads their partial walks', () => {
    expect(reply('K', 'Twalk 1->24 ndb/x')).toEqual({
      type: 111,
      tag: 7,
      wqid: [{ type: 0, version: 1, path: 4n }],
    })
    expect(reply('I', 'Twalk 1->24 ndb/x')).toMatchObject({ wqid: [{ path: 3n }] })
  })
})
