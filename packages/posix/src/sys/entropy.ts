import { syscall } from './syscall.ts'

const getentropy = syscall('int getentropy(void *buffer, size_t length)')

/**
 * Fills up to 64 words with random numbers that cannot be guessed: getentropy(3). The host's own generator does where the system
 * has none, and is not the first choice because the host loads all of its cryptography for it, which takes the first lookup of a
 * process ten milliseconds.
 */
export function fillRandom(words: Uint32Array<ArrayBuffer>): void {
  if (!isFilled(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)))
    crypto.getRandomValues(words)
}

function isFilled(bytes: Uint8Array): boolean {
  try {
    return getentropy(bytes, bytes.byteLength) === 0
  } catch {
    return false // An old C library lacks the function.
  }
}
