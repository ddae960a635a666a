import { fail } from './assert.ts'
import { delay } from './part.ts'

const PATIENCE = 5_000 // milliseconds for what is being closed to be gone

/** A thread opens its io_uring once, when its connections first have much to do together, and keeps it: no connection leaves it behind. */
const RING = 'anon_inode:[io_uring]'

interface Host {
  getBuiltinModule?(name: 'node:fs'): typeof import('node:fs') | undefined
  getActiveResourcesInfo?(): string[]
}

/** What the host has open: descriptors where they can be listed (/proc/self/fd), handles where the host tells them. */
function open(): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (entry: string): void => {
    counts.set(entry, (counts.get(entry) ?? 0) + 1)
  }
  const host = (globalThis as { process?: Host }).process
  for (const resource of host?.getActiveResourcesInfo?.() ?? []) {
    // Requests and timers of the runner come and go; what a connection can leave behind is a handle.
    if (resource !== 'Timeout' && resource !== 'Immediate' && !resource.includes('Req'))
      add(`handle ${resource}`)
  }
  const fs = host?.getBuiltinModule?.('node:fs')
  if (fs?.existsSync('/proc/self/fd') === true) {
    for (const fd of fs.readdirSync('/proc/self/fd')) {
      try {
        const file = kind(fs.readlinkSync(`/proc/self/fd/${fd}`))
        if (file !== RING) add(`descriptor of ${file}`)
      } catch {
        // The descriptor that listed the directory is gone by now.
      }
    }
  }
  return counts
}

/** What is open and who opened it, as `keepLeaks()` of @net/io gives it. */
type Leaks = () => readonly { readonly what: string; readonly stack: string }[]

// What may be what was left open, with the stacks that opened it.
function opened(leaks: Leaks): string {
  return leaks()
    .map(({ what, stack }) => `\n${what} was opened\n${stack}`)
    .join('')
}

// Sockets are numbered; a socket more is what counts, not which.
function kind(target: string): string {
  return target.replace(/^(socket|pipe|anon_inode):\[?\d+\]?$/, '$1')
}

/**
 * Notes what this process has open and gives a function that asserts that nothing has been added: descriptors (where
 * /proc/self/fd exists) and active handles (where the host tells them). Call it at the beginning of a test file, after
 * the first use of a target when that opens something for the life of the process. When it fails it names what is open, and by
 * `leaks`, `ledger(keepLeaks())` with that of @net/io, who has opened it since; absent means that nobody knows.
 */
export function ledger(leaks: Leaks = () => []): () => Promise<void> {
  const before = open()
  return async () => {
    const end = Date.now() + PATIENCE
    for (;;) {
      const more: string[] = []
      for (const [entry, n] of open()) {
        const extra = n - (before.get(entry) ?? 0)
        if (extra > 0) more.push(`${extra} ${entry}`)
      }
      if (more.length === 0) return
      if (Date.now() > end) fail(`left open: ${more.join(', ')}${opened(leaks)}`)
      await delay(10)
    }
  }
}
