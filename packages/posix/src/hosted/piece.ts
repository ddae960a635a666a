// Copies of the bytes that the host is given, as a write's buffer is its caller's again when the write ends.

/** The most bytes of a piece: what the host holds cannot be taken back. */
export const PIECE = 131072

const SMALL = 16384 // bytes below which a piece has memory of its own, as it may have to wait for long

// Most pieces are with the kernel by the time the next one is made, and memory for a new one costs more than the copy.
let spare: ArrayBufferLike | null = null

/** Makes a piece of up to {@link PIECE} bytes, whatever they are. */
export function newPiece(byteLength: number): Buffer {
  if (byteLength < SMALL) return Buffer.allocUnsafe(byteLength)
  const memory = spare ?? new ArrayBuffer(PIECE)
  spare = null
  return Buffer.from(memory, 0, byteLength)
}

/** Keeps the memory of a piece that nobody reads any more. */
export function reusePiece(piece: Uint8Array): void {
  if (piece.byteLength >= SMALL) spare = piece.buffer
}
