/** The figures of what is measured at the start of a process and again later. */
export const coldAndWarmFigures = ['coldTime', 'coldCPU', 'warmTime', 'warmCPU', 'calls']

/** The time and the cost of one of `first` operations of a process, and of half as many after `before` of them. */
export async function coldAndWarm(round, side, first, before) {
  const count = round.count(first)
  const cold = await round.measure(side, () => side.ask(count))
  await side.ask(Math.max(round.count(before) - count, 1))
  const half = Math.ceil(count / 2)
  const warm = await round.measure(side, () => side.ask(half))
  const time = ({ answer }, n) => (answer.ms * 1000) / n
  return {
    coldTime: time(cold, count),
    coldCPU: cold.cpu / count,
    warmTime: time(warm, half),
    warmCPU: warm.cpu / half,
    calls: warm.calls / half,
  }
}
