// What netns.ts runs in a namespace: it reads words from standard input and prints a line of JSON for each.
import { createInterface } from 'node:readline'
import { parseIP, TCPAddr } from '@net/addr'
import { listenTCPSync, posix, watchInterfaces } from '@net/posix'

const target = posix()
let watch = null

function print(value) {
  // Addresses turn into texts, as Go prints them.
  const text = JSON.stringify(value, (_key, v) => (v?.network === undefined ? v : String(v)))
  process.stdout.write(`${text}\n`)
}

function plain(iface) {
  return {
    index: iface.index,
    name: iface.name,
    mtu: iface.mtu,
    hardwareAddr: iface.hardwareAddr,
    flags: String(iface.flags),
  }
}

function plainEvent(e) {
  return e.kind === 'link' ? { ...e, iface: plain(e.iface) } : e
}

const words = {
  // Begins to watch, with room for `bytes` of events when given.
  watch(bytes) {
    watch = watchInterfaces()
    if (bytes !== undefined) watch.setReadBuffer(Number(bytes))
    return 'watching'
  },

  async next() {
    const { value } = await watch.next()
    return plainEvent(value)
  },

  async list() {
    const all = await target.interfaces()
    return Promise.all(
      all.map(async (iface) => ({
        ...plain(iface),
        addrs: await iface.addrs(),
        multicastAddrs: await iface.multicastAddrs(),
      })),
    )
  },

  // Lists over and over and gives the names found each time; `again` listings.
  async churn(again) {
    const listings = []
    for (let i = 0; i < Number(again); i++)
      listings.push((await target.interfaces()).map((iface) => iface.name))
    return listings
  },

  // Listens on fe80::1 in a zone and gives the zone of the address it got.
  async zone(name) {
    try {
      const listener = listenTCPSync('tcp6', new TCPAddr(parseIP('fe80::1'), 0, name))
      await listener.close()
      return listener.addr.zone
    } catch (e) {
      return e.code
    }
  },

  // Waits for one event with nothing else to keep the process alive.
  async alone() {
    lines.close()
    process.stdin.destroy()
    process.on('beforeExit', () => print('nothing keeps the process alive'))
    print('waiting')
    const { value } = await watch.next()
    return plainEvent(value)
  },

  // Waits for an event that is not to keep the process alive.
  unref() {
    lines.close()
    process.stdin.destroy()
    watch.unref()
    void watch.next()
    return 'waiting without keeping the process alive'
  },
}

const lines = createInterface({ input: process.stdin })
for await (const line of lines) {
  const [word, argument] = line.split(' ')
  print(await words[word](argument))
}
await watch?.close()
