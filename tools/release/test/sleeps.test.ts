import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

/**
 * Tests wait for events and not for time: a sleep is too short on a busy machine and too long on all others. These are the places
 * that have to let time go by all the same, how many each has, and why. A place that is not here finds an event to wait for.
 */
const sleeps: Record<string, readonly [count: number, why: string]> = {
  'packages/cli/test/proxy.test.ts': [1, 'that a count of bytes stands still is seen by looking again later'],
  'packages/contract/src/suite/byte_streams.ts': [1, 'that a write waits is seen by its not ending'],
  'packages/contract/src/suite/conn_pressure.ts': [1, 'that a write waits is seen by its not ending'],
  'packages/contract/src/suite/conn_signal.ts': [
    1,
    'that nothing ends before its signal is seen after a while',
  ],
  'packages/contract/src/suite/ledger.ts': [1, 'hosts close descriptors some turns later, and tell nobody'],
  'packages/contract/src/suite/nettest.ts': [2, 'that nothing ends before its time is seen after a while'],
  'packages/contract/src/suite/part.ts': [
    3,
    'the limit of a part, the sleep that the others use, a turn without setImmediate',
  ],
  'packages/core/test/connect.test.ts': [1, 'keeps the process alive while only unref’d timers are due'],
  'packages/core/test/dial_netns.mjs': [1, 'dials after the delay of happy eyeballs by hand, to compare'],
  'packages/core/test/happy_eyeballs.test.ts': [
    1,
    'keeps the process alive while only unref’d timers are due',
  ],
  'packages/core/test/node.test.ts': [
    2,
    'that a write waits is seen by its not ending; a timer keeps the process alive',
  ],
  'packages/io/test/memory/broken_conns.ts': [2, 'connections that are late on purpose'],
  'packages/io/test/memory/broken_ends.ts': [1, 'a connection that is late on purpose'],
  'packages/netfs/test/tcp_conversation.test.ts': [
    1,
    'that a connect waits for a full queue is seen by its not ending',
  ],
  'packages/posix/test/host.test.ts': [1, 'the timer is what is tested'],
  'packages/posix/test/idle.mjs': [1, 'a spin may take its time to end'],
  'packages/posix/test/idle.test.ts': [
    2,
    'the processor time of an idle process is that of a stretch of time',
  ],
  'packages/posix/test/lookup.test.ts': [2, 'replies that are late on purpose'],
  'packages/posix/test/poller.test.ts': [2, 'that a spin has ended is seen by its not going on'],
  'packages/posix/test/starvation.test.ts': [
    1,
    'the processor time of a starved process is that of a stretch of time',
  ],
  'packages/posix/test/tcpsock.test.ts': [1, 'the signal comes while dials wait, which nothing tells'],
  'packages/posix/test/unix_peer.test.ts': [
    1,
    'another process does what nothing tells, and is looked at again',
  ],
  'packages/resolve/test/attempt.test.ts': [1, 'keeps the process alive while only unref’d timers are due'],
  'packages/resolve/test/cache.test.ts': [1, 'nothing tells when an entry is over but the clock'],
  'packages/sim/test/pair.ts': [1, 'the time is virtual, and passes at once'],
  'packages/sim/test/run.test.ts': [2, 'the timers of virtual time are what is tested'],
}

const sleeping = new Set(['setTimeout', 'setInterval', 'delay', 'sleep'])

/** The calls in a file that let time go by. */
function sleepsIn(file: string): number {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.ESNext,
    true,
  )
  let count = 0
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && sleeping.has(node.expression.getText())) count++
    // promisify(setTimeout), AbortSignal.timeout and their like hand the sleep on.
    if (ts.isCallExpression(node) && node.arguments.some((x) => x.getText() === 'setTimeout')) count++
    ts.forEachChild(node, visit)
  }
  visit(source)
  return count
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mts|mjs)$/.test(file) && !/\b(node_modules|dist)\b/.test(file))
    .map((file) => join(folder, file))
}

test('tests sleep only where it says why', () => {
  const folders = readdirSync(join(root, 'packages')).flatMap((short) => [`packages/${short}/test`])
  const files = [...folders, 'packages/contract/src/suite', 'tools/release/test'].flatMap((folder) =>
    filesBelow(folder),
  )
  const found = files.map((file) => [file, sleepsIn(file)] as const).filter(([, count]) => count > 0)
  expect(Object.fromEntries(found.sort())).toEqual(
    Object.fromEntries(Object.entries(sleeps).map(([file, [count]]) => [file, count])),
  )
})
