/** A process that exports this machine's network on the Unix socket it is given, and tells its memory when asked. */
import { UnixAddr } from '@net/addr'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'

const target = posix({ spin: 'off' })
const listener = await target.listenUnix('unix', new UnixAddr(process.argv[2], 'unix'))
const limits = { sessions: 1024, totalConversations: 65536, fids: 32768, bytes: 2 ** 30 }
const net = exportNet(target, listener, { limits })

process.on('message', async (what) => {
  if (what === 'end') {
    await net.close()
    process.disconnect()
    return
  }
  // Twice: what the first leaves to finalizers the second takes.
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc()
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  const { sessions, conversations } = net.activity
  process.send({ heapUsed, external, arrayBuffers, rss, sessions, conversations })
})
process.send('ready')
