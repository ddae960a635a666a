// domainToASCII takes other characters for delimiters of a URL, and cuts the name off there.
const internationalName = /^[\w.*\-\u0080-\u{10ffff}]*$/u

/** Whether a name has no other characters than those of ASCII. */
export function isASCII(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return false
  return true
}

/**
 * A name with A-labels in place of those labels that are not ASCII (RFC 5891, by the rules of UTS 46). Null
 * for one that has no such form.
 */
export function toASCII(name: string): string | null {
  const ascii = internationalName.test(name) ? process.getBuiltinModule('node:url').domainToASCII(name) : ''
  return ascii === '' ? null : ascii
}

/**
 * A name of any bytes in the form of master files (RFC 1035 section 5.1): a backslash and three decimal
 * digits stand for a byte, a backslash and another character for that character. What the result escapes
 * are dots within labels, backslashes and what cannot be printed, all in digits. Null for a name that DNS
 * does not allow: labels have 1 to 63 bytes, the name has 255 on the wire.
 */
export function escapedName(text: string): string | null {
  let isWrong = false
  const name = text.replace(/\\(\d{3})|\\(\D)|\\|[^!-~]/g, (all: string, digits?: string, char?: string) => {
    const byte = digits === undefined ? (char ?? all).charCodeAt(0) : Number(digits)
    isWrong ||= byte > 0xff || all === '\\'
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c
    return isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
  })
  return isWrong || !fits(name) ? null : name
}

function fits(name: string): boolean {
  if (name === '.') return true
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.')
  const lengths = labels.map((label) => unescaped(label).length)
  return lengths.every((n) => n > 0 && n <= 63) && lengths.reduce((sum, n) => sum + n + 1, 1) <= 255
}

/** What an {@link escapedName} stands for, each byte a character. */
export function unescaped(name: string): string {
  return name.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number(digits)))
}
