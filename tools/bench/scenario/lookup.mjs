// A measured client that looks names up, each once, at a name server on port 53 of loopback. The C library asks nobody but
// whom /etc/resolv.conf names, so the client runs where that file is one of ours: in a mount namespace of its own.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { isEnclosed } from '@net/peers'
import { coldAndWarm, coldAndWarmFigures } from './cold_and_warm.mjs'
import { each } from './contestants.mjs'

const FIRST = 1500
const BEFORE = 8000

function refused() {
  if (!isEnclosed()) return 'port 53 is not ours without a network namespace'
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? null : 'no mount namespaces'
}

async function lookup(round, program, atOnce) {
  await round.load(['names'])
  const files = { '/etc/resolv.conf': 'nameserver 127.0.0.1\n', '/etc/nsswitch.conf': 'hosts: files dns\n' }
  const mounts = Object.entries(files).map(([path, text], i) => {
    const own = round.path(String(i))
    writeFileSync(own, text)
    return `mount --bind ${own} ${path}`
  })
  const inside = [...mounts, 'exec "$@"'].join(' && ')
  const before = ['unshare', '--mount', 'sh', '-c', inside, 'sh']
  const client = await round.start(program, ['lookup', atOnce], { before })
  return coldAndWarm(round, client, FIRST, BEFORE)
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [1, 64].map((atOnce) => ({
    id: `lookup/${atOnce}`,
    title: `Looking names up, ${atOnce} at once`,
    note: `A questions to a server on loopback: the first ${FIRST} of a process, and ${FIRST / 2} after ${BEFORE}; time, processor time and system calls of one. \`node:*\` is \`resolve4\` of node:dns, C is getaddrinfo.`,
    figures: coldAndWarmFigures,
    base: 'node:*',
    refused,
    contestants: each(programs, (round, program) => lookup(round, program, atOnce)),
  }))
}
