/** The numbers 0 to 255 in decimal. */
export const decimalByte: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, n) => String(n))

/** The numbers 0 to 255 as two lower-case hexadecimal digits. */
export const hexByte: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, n) =>
  n.toString(16).padStart(2, '0'),
)

/** The numbers 0 to 255 as one or two lower-case hexadecimal digits. */
export const hexNumber: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, n) =>
  n.toString(16),
)

/** The value of the hexadecimal digit with this character code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 0x20
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

const tooBig = 0xffffff

/**
 * The number that `text` writes in ASCII decimal digits, from `start` to the end; leading zeros are allowed.
 * -1 when there is no digit, when anything but digits follows, and from 0xffffff upwards.
 */
export function parseDecimal(text: string, start = 0): number {
  if (start >= text.length) return -1
  let n = 0
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    n = n * 10 + digit
    if (n >= tooBig) return -1
  }
  return n
}
