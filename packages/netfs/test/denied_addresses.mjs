// Run in a network of its own, by rules.test.ts: what a client gets that may reach neither private hosts nor this machine.
import { embeddedNet } from '@net/netfs'
import { posix } from '@net/posix'

const rules = ['private', 'loopback'].map((address) => ({ action: 'deny', address }))
const net = embeddedNet(posix({ spin: 'off' }), { policy: { rules } })

async function connect(address) {
  const ctl = await net.open('udp/clone', 'rw')
  try {
    await ctl.write(Buffer.from(`connect ${address}!9`))
    return 'done'
  } catch (e) {
    return e.message
  } finally {
    await ctl.close()
  }
}

async function cat(path) {
  const file = await net.open(path, 'r')
  const p = new Uint8Array(65536)
  let n = 0
  for (let more = -1; more !== 0; n += more) more = await file.read(p.subarray(n))
  await file.close()
  return Buffer.from(p.subarray(0, n)).toString()
}

const said = {}
const addresses = [
  '198.51.100.255',
  '198.51.100.0',
  '255.255.255.255',
  '224.0.0.1',
  '10.9.0.255',
  '198.51.100.9',
]
for (const address of addresses) said[address] = await connect(address)
const files = [
  'iproute',
  'ipselftab',
  'ndb',
  'ipifc/0/status',
  'ipifc/1/status',
  'ipifc/0/local',
  'ipifc/1/local',
]
const text = (await Promise.all(files.map(cat))).join('')
const tells = {
  public: text.includes('198.51.100.5'),
  private: text.includes('10.9.0'),
  loopback: text.includes('127.0.0'),
  hardware: /^[0-9a-f]{12}$/.test(await cat('ether0/addr')),
}
await net.close()
console.log(JSON.stringify({ ...said, tells }))
