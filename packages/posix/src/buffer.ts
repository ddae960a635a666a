import { ffi } from './syscall.ts'

const ALIGNMENT = 64 // bytes: a cache line

/**
 * Makes a buffer of `byteLength` bytes, all zero, that begins at a multiple of 64 bytes in memory. Bulk reads into such a
 * buffer cost about half of what they cost into another. Where the address cannot be known it is an ordinary buffer.
 */
export function allocBuffer(byteLength: number): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(byteLength + ALIGNMENT)
  const address = addressOf(new Uint8Array(buffer))
  const offset = (ALIGNMENT - Number(address % BigInt(ALIGNMENT))) % ALIGNMENT
  return new Uint8Array(buffer, offset, byteLength)
}

function addressOf(p: Uint8Array): bigint {
  try {
    return ffi().address(p)
  } catch {
    // Without a foreign function interface nothing reads into the buffer by its address.
    return 0n
  }
}
