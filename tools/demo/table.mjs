const widths = [6, 7, 58, 10, 10]
const numbers = new Set([3, 4])

/** One line of the demo's table; the last cell is as long as it is. @param {string[]} cells */
export function tableLine(cells) {
  const padded = cells.map((cell, i) => {
    const width = widths[i] ?? 0
    return numbers.has(i) ? cell.padStart(width) : cell.padEnd(width)
  })
  return padded.join('  ').trimEnd()
}
