// Small buffers are cut from a large one, because making a buffer costs more than filling it with a DNS
// message.
const SIZE = 16_384
let slab = new Uint8Array(SIZE)
let used = 0

/** Zero bytes that belong to the caller for good. */
export function smallBuffer(length: number): Uint8Array<ArrayBuffer> {
  if (length > SIZE / 8) return new Uint8Array(length)
  if (used + length > SIZE) {
    slab = new Uint8Array(SIZE)
    used = 0
  }
  const start = used
  used += length
  return slab.subarray(start, used)
}
