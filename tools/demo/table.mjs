/** One line of the demo's table: texts to the left, what the stacks gave to the right. @param {string[]} texts @param {string[]} cells */
export function tableLine([network = '', what = '', bytes = ''], cells) {
  const line = [network.padEnd(5), what.padEnd(54), bytes.padStart(10), ...cells.map((c) => c.padStart(9))]
  return line.join('  ').trimEnd()
}
