import assert from 'node:assert/strict'
import { parseIP, TCPAddr } from '@net/addr'
import { checkListener, embeddedNet } from '@net/netfs'

// A network that has nothing but names for itself: what serves it does not call it before somebody connects.
const target = /** @type {import('@net/contract').Target} */ ({ name: 'none' })
const tree = embeddedNet(target, { policy: { rules: [{ action: 'deny', address: 'private' }] } })
const clone = await tree.open('tcp/clone', 'rw')
const p = new Uint8Array(64)
const read = async (/** @type {import('@net/contract').NetFile} */ file) =>
  Buffer.from(p.subarray(0, await file.read(p))).toString()
const n = await read(clone)
assert.match(n, /^\d+\s*$/)
await assert.rejects(clone.write(Buffer.from('connect 10.0.0.1!80')), { message: /permission denied/ })
const status = await tree.open(`tcp/${n.trim()}/status`, 'r')
assert.match(await read(status), /^Closed/)
await assert.rejects(tree.open('tcp/no-such', 'r'), { message: /does not exist/ })
assert.equal(tree.activity.conversations, 1)
await tree.close()
assert.equal(tree.activity.conversations, 0)

const open = /** @type {import('@net/contract').Listener} */ (
  /** @type {unknown} */ ({ addr: new TCPAddr(parseIP('192.0.2.1'), 564) })
)
assert.throws(() => checkListener(open), /anybody could use/)
