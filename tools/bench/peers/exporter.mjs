// Exports this machine's network on a Unix socket, and tells its memory: `export PATH`, with --expose-gc.
import { UnixAddr } from '@net/addr'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'
import { play } from './role.mjs'

const limits = { sessions: 1024, totalConversations: 65536, fids: 32768, bytes: 2 ** 30 }

async function exporter(path) {
  const target = posix({ spin: 'off' })
  const listener = await target.listenUnix('unix', new UnixAddr(path, 'unix'))
  const net = exportNet(target, listener, { limits })
  const command = async () => {
    // Twice: what the first leaves to finalizers the second takes.
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return { heap: heapUsed + external, conversations: net.activity.conversations }
  }
  return { command }
}

await play({ export: exporter })
