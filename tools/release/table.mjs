/** Prints rows under headings, columns aligned. @param {string[]} headings @param {string[][]} rows */
export function printTable(headings, rows) {
  const lines = [headings, ...rows]
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  for (const line of lines)
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}
