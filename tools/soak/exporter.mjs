// The export that is attacked, in a process of its own with the default limits. It tells its port, and, asked, its memory.
import { parseIP, TCPAddr } from '@net/addr'
import { exportNet, tlsListener } from '@net/netfs'
import { HONEST, keys, target } from './place.mjs'

const [tls] = process.argv.slice(2)
const plain = await target.listenTCP('tcp4', new TCPAddr(parseIP(HONEST), 0), { backlog: 1024 })
const listener = tls === 'tls' ? tlsListener(plain, { keys }) : plain
const net = exportNet(target, listener)
let most = 0
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, 50)
process.on('message', () => {
  const { sessions, conversations, refusedSessions } = net.activity
  process.send({ rss: most, sessions, conversations, refusedSessions })
})
process.on('disconnect', () => {
  clearInterval(timer)
  void net.close()
})
process.send({ port: listener.addr.port })
