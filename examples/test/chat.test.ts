import { execFile, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { missing, start } from './example.ts'

const noSocat = missing('socat', '-V')

/** Says something to a group by socat. */
async function say(group: string, text: string): Promise<void> {
  const socat: ChildProcess = execFile('socat', ['-', `UDP4-DATAGRAM:${group},ip-multicast-if=127.0.0.1`])
  socat.stdin?.end(text)
  await once(socat, 'close')
}

test.skipIf(noSocat !== '')(`chat.mjs hears who is in the group, and socat${noSocat}`, async () => {
  const group = `239.0.0.7:${40_000 + (process.pid % 20_000)}` // of a port that another run has not
  await using ann = start('chat.mjs', 'ann', group, 'lo')
  ann.child.stdin?.write('\n') // an empty line is a word, too
  while (!ann.text.includes('dora')) await say(group, 'dora: are you there?\n') // until ann has joined
  await using bob = start('chat.mjs', 'bob', group, 'lo')
  await ann.printed(/bob: \(comes\)\n/) // so both have joined
  ann.child.stdin?.write('hello \x1b[2J all\n')
  await bob.printed(/ann: hello {2}\[2J all\n/)
  bob.child.stdin?.write('hello ann\n')
  await ann.printed(/bob: hello ann\n/)
  await say(group, 'carol: by socat\n')
  await Promise.all([ann, bob].map((each) => each.printed(/carol: by socat\n/)))
  expect(await bob.end('SIGINT')).toBe(0)
  await ann.printed(/bob: \(goes\)\n/)
  ann.child.stdin?.end()
  await ann.closed
  expect(ann.child.exitCode).toBe(0)
  const heard = ann.text.replaceAll('dora: are you there?\n', '')
  expect(heard).toBe('bob: (comes)\nbob: hello ann\ncarol: by socat\nbob: (goes)\n')
})
