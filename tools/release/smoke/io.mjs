import assert from 'node:assert/strict'
import { ErrDeadlineExceeded, isErr, OpError } from '@net/contract'
import { deadlineAt, Lane, Op } from '@net/io'

/** @type {import('@net/io').LaneOwner} */
const owner = { opError: (op, cause) => new OpError(op, 'mine', null, null, cause), waiting() {} }
const lane = new Lane(owner)

/** @extends {Op<never>} */
class Never extends Op {
  attempt() {
    return false
  }
}
const pending = lane.run(new Never('read'))
lane.setDeadline(Date.now() - 1)
await assert.rejects(pending, { message: 'read mine: i/o timeout' })
assert.ok(isErr(await pending.catch((e) => e), ErrDeadlineExceeded))
assert.equal(deadlineAt(null), Infinity)

lane.close()
await assert.rejects(lane.run(new Never('read')), { message: 'read mine: use of closed network connection' })
