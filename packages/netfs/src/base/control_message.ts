import { fail } from './errors.ts'

const MAX = 4096 // bytes of a control message
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Takes a control message apart into words, which blanks, tabs and newlines separate. A word may be quoted in
 * ', where '' is the quote itself. NULs at the end do no harm. Throws "short control request" when there is no
 * word.
 */
export function controlWords(message: Uint8Array): string[] {
  if (message.byteLength > MAX) fail('bad arg in system call')
  const text = utf8.decode(withoutNuls(message))
  const words: string[] = []
  for (let i = 0; i < text.length;) {
    if (isBlank(text[i])) {
      i++
      continue
    }
    let word = ''
    for (let quoted = false; i < text.length && (quoted || !isBlank(text[i])); i++) {
      if (text[i] !== "'") word += text[i] ?? ''
      else if (quoted && text[i + 1] === "'") word += text[i++] ?? ''
      else quoted = !quoted
    }
    words.push(word)
  }
  return words.length === 0 ? fail('short control request') : words
}

/** The message without the NULs at its end, which C programs may send along. */
export function withoutNuls(message: Uint8Array): Uint8Array {
  let { length } = message
  while (length > 0 && message[length - 1] === 0) length--
  return message.subarray(0, length)
}

function isBlank(c: string | undefined): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\r'
}

/** The number at the beginning of a word, as atoi(2) has it; `absent` when there is no word. */
export function leadingNumber(word: string | undefined, absent: number): number {
  if (word === undefined) return absent
  const n = Number.parseInt(word, 10)
  return Number.isSafeInteger(n) ? n : 0
}
