// What an exported /net holds for each conversation, beside the time it takes to make one.
import { script } from '../programs.mjs'
import { residentMemory } from '../usage.mjs'

const SESSIONS = 50
const EACH = 5 // conversations of a session

const kinds = {
  'cloned only': 'cloned',
  connected: 'connected',
  'connected, a read of 8 KiB waiting': 'reading',
}

async function hold(round, kind) {
  const path = round.path('net')
  const node = script('exporter').command
  const server = await round.start({ command: [node[0], '--expose-gc', ...node.slice(1)] }, ['export', path])
  const client = await round.start(script('conversations'), ['hold', path, SESSIONS, kind])
  const before = { ...(await server.ask()), resident: residentMemory(server.pid) }
  const each = round.count(EACH)
  const { ms } = await client.ask(each)
  const after = { ...(await server.ask()), resident: residentMemory(server.pid) }
  const total = SESSIONS * each
  if (after.conversations !== total) throw new Error(`${after.conversations} conversations of ${total}`)
  const grown = (figure) => (after[figure] - before[figure]) / total
  return { heap: grown('heap'), resident: grown('resident'), made: (total * 1000) / ms }
}

/** The row. */
export function rows() {
  return [
    {
      id: 'conversations',
      title: 'Conversations held by an exported /net',
      note: `${SESSIONS} sessions over a Unix socket, ${EACH} conversations in each; memory of the exporting process.`,
      figures: ['heap', 'resident', 'made'],
      base: null,
      contestants: Object.entries(kinds).map(([name, kind]) => ({
        name,
        own: true,
        run: (round) => hold(round, kind),
      })),
    },
  ]
}
