/** The middle of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** From the lowest to the highest of some numbers. */
export function spread(numbers) {
  return Math.max(...numbers) - Math.min(...numbers)
}

/** Three significant digits. */
export function digits(n) {
  if (n === 0) return '0'
  return Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(3)
}

/** A Markdown table from rows of cells, the first row the head. */
export function table(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const [head, ...body] = rows
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
