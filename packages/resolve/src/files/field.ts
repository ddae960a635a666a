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

/** The fields of a line: whatever stands between blanks, tabs and line ends. */
export function fields(line: string): string[] {
  return line.split(/[ \t\r\n]+/).filter((f) => f !== '')
}

const tooBig = 0xffffff

/**
 * The decimal number at the start of a text and how many characters it has. `ok` is false when there is no
 * digit, and from 0xffffff upwards.
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
