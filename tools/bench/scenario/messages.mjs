// 9P messages: the codec alone, and sessions over a Unix socket within one process.
import { script } from '../programs.mjs'

const codecs = [
  'Tread',
  'Rread of 8 KiB',
  'Twrite of 8 KiB',
  'Twalk of 3 names',
  'Rwalk of 3 qids',
  'Rstat',
  'Rerror',
]
const sessions = [
  'read, one at a time',
  'read, 64 at a time',
  'write, 64 at a time',
  'read of 128 KiB, 8 at a time',
  'write of 128 KiB, 8 at a time',
]

async function rates(round, role, name) {
  const side = await round.start(script('messages'), [role, name])
  await side.ask(round.ms / 5)
  return side.ask(round.ms / 2)
}

/** The rows. */
export function rows() {
  const row = (role, title, note, figures, names) => ({
    id: `9p/${role}`,
    title,
    note,
    figures,
    base: null,
    contestants: names.map((name) => ({ name, own: true, run: (round) => rates(round, role, name) })),
  })
  return [
    row('codec', '9P messages', 'The codec alone.', ['encode', 'decode'], codecs),
    row(
      'session',
      '9P requests',
      'Client and server within one process, over a Unix socket.',
      ['rate'],
      sessions,
    ),
  ]
}
