import assert from 'node:assert/strict'
import { parseIP, TCPAddr } from '@net/addr'
import { osNet, parsePlan9Addr, plan9 } from '@net/plan9'

const addr = parsePlan9Addr('127.0.0.1!80')
assert.equal(addr.port, 80)
assert.equal(String(addr.ip), '127.0.0.1')

const to = new TCPAddr(parseIP('127.0.0.1'), 80)
const nowhere = plan9({ net: osNet('no-such-net') })
await assert.rejects(nowhere.dialTCP('tcp', null, to), { code: 'ENOENT' })
await assert.rejects(nowhere.dialUnix('unix', null, null), { code: 'EPLAN9' })
assert.throws(() => plan9({ net: 'unix!/nowhere' }), TypeError)

// A tree with nothing but a connection server, which knows one service.
const asked = /** @type {string[]} */ ([])
const tree = plan9({
  net: {
    root: '/net',
    async open(path) {
      assert.equal(path, 'cs')
      let answers = ['/net/tcp/clone 7\n']
      return {
        async read(p) {
          return Buffer.from(answers.shift() ?? '').copy(p)
        },
        async write(p) {
          asked.push(Buffer.from(p).toString())
          return p.length
        },
        rewind() {
          answers = ['/net/tcp/clone 7\n']
        },
        async close() {},
      }
    },
  },
})
assert.equal(await tree.lookupPort('tcp', 'echo'), 7)
assert.deepEqual(
  asked.map((text) => text.split('!')[0]),
  ['tcp'],
)
