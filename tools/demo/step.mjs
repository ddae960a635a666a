import assert from 'node:assert/strict'

/**
 * One line of the demo.
 * @typedef {object} Step
 * @property {string} network What is talked over.
 * @property {string} what What is done.
 * @property {() => Promise<number | string>} run Does it: the bytes that went, or why it cannot be done here.
 */

/**
 * How a step went.
 * @typedef {object} Result
 * @property {string} target
 * @property {string} network
 * @property {string} what
 * @property {number | null} bytes
 * @property {number} milliseconds
 * @property {string} ok
 * @property {boolean} wrong
 */

/**
 * Runs a step; what it throws is its result.
 * @param {string} target
 * @param {Step} step
 * @returns {Promise<Result>}
 */
export async function runStep(target, { network, what, run }) {
  const begin = performance.now()
  /** @param {number | null} bytes @param {string} ok @param {boolean} wrong */
  const result = (bytes, ok, wrong) => {
    return { target, network, what, bytes, milliseconds: performance.now() - begin, ok, wrong }
  }
  try {
    const done = await run()
    return typeof done === 'number' ? result(done, 'ok', false) : result(null, done, false)
  } catch (e) {
    return result(null, e instanceof Error ? e.message : String(e), true)
  }
}

/**
 * Asserts that the same bytes came back, and gives how many went there and back.
 * @param {Uint8Array} got
 * @param {Uint8Array} sent
 */
export function same(got, sent) {
  assert.ok(got.byteLength === sent.byteLength, `${got.byteLength} bytes instead of ${sent.byteLength}`)
  assert.ok(Buffer.compare(got, sent) === 0, 'other bytes than were sent')
  return got.byteLength
}
