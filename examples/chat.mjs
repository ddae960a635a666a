// Chat without a server: all who have joined a multicast group hear what is said there. node chat.mjs ann 239.0.0.7:7000 eth0
//
// Lines of standard input are said to the group, and what others say is printed, until the input ends or SIGINT. A word is a packet
// of text, so other programs can join in: echo 'bob: hello' | socat - UDP4-DATAGRAM:239.0.0.7:7000,ip-multicast-if=192.0.2.1
import { createInterface } from 'node:readline'
import { interfaceByName, IPNet, listenMulticastUDP, listenUDP, resolveUDPAddr, UDPAddr } from '@net/core'
import { argumentsOf, whenAsked } from './command.mjs'

const [name = '', where = '', device = ''] = argumentsOf('chat.mjs name group:port interface', 3)
const group = await resolveUDPAddr('udp4', where)
const iface = await interfaceByName(device)
const own = (await iface.addrs()).find((addr) => addr instanceof IPNet && addr.ip.to4() !== null)
if (!(own instanceof IPNet)) throw new Error(`${device} has no address of IPv4`)

// What we say comes from a socket of its own: by its address we know our words again when the group brings them to us, too.
const hearing = await listenMulticastUDP('udp4', iface, group)
const speaking = await listenUDP('udp4', new UDPAddr(own.ip, 0))
speaking.setMulticastInterface(device)
const we = speaking.localAddr.toString()

/** @param {string} text */
const say = (text) => speaking.writeTo(new TextEncoder().encode(`${name}: ${text}`), group)

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void say(line).catch((e) => console.error(e.message)))
lines.once('close', async () => {
  await say('(goes)').catch(() => {}) // nobody has to hear it
  await Promise.all([speaking.close(), hearing.close()])
})
whenAsked(() => lines.close())

await say('(comes)')
for await (const [packet, from] of hearing) {
  if (from.toString() === we) continue
  // Anybody can send anything to a group, and a terminal obeys control characters.
  console.log(
    new TextDecoder()
      .decode(packet)
      .trimEnd()
      .replace(/\p{Cc}/gu, ' '),
  )
}
