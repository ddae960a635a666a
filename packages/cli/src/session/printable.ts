import { messageOf } from './error.ts'

// A terminal obeys control characters, and the eye is deceived by marks that turn the direction of text, by
// separators of lines and paragraphs and by halves of surrogate pairs. The backslash is escaped so that the
// text can be read back.
const UNPRINTABLE = /[\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu

const short: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * A text as it may be shown, on one line, whoever it comes from: what is not printable is written as in a
 * string of JavaScript, '\n', '\x1b', '\u202e'.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => short[character] ?? escaped(character))
}

/** An object as one line of JSON, which holds nothing that {@link printable} would not show. */
export function printableJSON(value: unknown): string {
  // JSON has escaped backslashes and the first 32 characters itself.
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    character === '\\' ? character : `\\u${hex(character, 4)}`,
  )
}

function escaped(character: string): string {
  return character <= '\xff' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}

/** What an error says, as it may be shown. */
export function textOf(e: unknown): string {
  return printable(messageOf(e))
}
