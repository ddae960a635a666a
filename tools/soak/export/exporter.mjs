// The export that is attacked, in a process of its own with the default limits. It tells its port, and, asked, what
// it took since the attack began: memory, processor, and the gaps between turns of its event loop.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import { parseIP, TCPAddr } from '@net/addr'
import { exportNet, tlsListener } from '@net/netfs'
import { HONEST, keys, target } from './place.mjs'

const [tls] = process.argv.slice(2)
const plain = await target.listenTCP('tcp4', new TCPAddr(parseIP(HONEST), 0), { backlog: 1024 })
const listener = tls === 'tls' ? tlsListener(plain, { keys }) : plain
const net = exportNet(target, listener)
const delay = monitorEventLoopDelay({ resolution: 5 })
let most = 0
let began = 0
let used = process.cpuUsage()
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, 50)
process.on('message', (message) => {
  if (message === 'begin') {
    delay.reset()
    delay.enable()
    began = performance.now()
    used = process.cpuUsage()
    return
  }
  const { sessions, conversations, refusedSessions } = net.activity
  const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6]
  const { user, system } = process.cpuUsage(used)
  const load = (user + system) / 1e3 / (performance.now() - began)
  process.send({ rss: most, delay: [p99, max], load, sessions, conversations, refusedSessions })
})
process.on('disconnect', () => {
  clearInterval(timer)
  void net.close()
})
process.send({ port: listener.addr.port })
