/**
 * The lines of a file. A last line without a line feed counts, an empty rest after the last line feed does
 * not.
 */
export function lines(text: string): string[] {
  const all = text.split('\n')
  if (all.at(-1) === '') all.pop()
  return all
}

/** What stands before '#'. */
export function withoutComment(line: string): string {
  const hash = line.indexOf('#')
  return hash < 0 ? line : line.slice(0, hash)
}

/**
 * The fields of a line, as Go's getFields: whatever stands between blanks, tabs and line ends.
 *
 * @example
 * ```ts
 * import { fields } from '@net/resolve'
 *
 * console.log(fields('127.0.0.1\tlocalhost  loopback\n').length) // 3
 * ```
 */
export function fields(line: string): string[] {
  return line.split(/[ \t\r\n]+/).filter((f) => f !== '')
}

const tooBig = 0xffffff

/**
 * The decimal number at the start of a text and how many characters it has, as Go's dtoi. `ok` is false when there
 * is no digit, and from 0xffffff upwards, where `value` is 0xffffff.
 *
 * @example
 * ```ts
 * import { leadingNumber } from '@net/resolve'
 *
 * const { value, length } = leadingNumber('80/tcp')
 * console.log(value, length) // 80 2
 * ```
 */
export function leadingNumber(text: string): { value: number; length: number; ok: boolean } {
  let value = 0
  let length = 0
  for (; length < text.length; length++) {
    const digit = text.charCodeAt(length) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
    if (value >= tooBig) return { value: tooBig, length, ok: false }
  }
  return { value, length, ok: length > 0 }
}
