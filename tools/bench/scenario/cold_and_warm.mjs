/** The figures of what is measured at the start of a process and again later. */
export const coldAndWarmFigures = ['coldTime', 'coldCPU', 'warmTime', 'warmCPU', 'calls']

/** The time and the cost of one of `first` operations of a process, and of as many after `before` of them. */
export async function coldAndWarm(round, side, first, before) {
  const count = round.count(first)
  const cold = await round.measure(side, () => side.ask(count))
  await side.ask(Math.max(round.count(before) - count, 1))
  const warm = await round.measure(side, () => side.ask(count))
  const time = ({ answer }) => (answer.ms * 1000) / count
  return {
    coldTime: time(cold),
    coldCPU: cold.cpu / count,
    warmTime: time(warm),
    warmCPU: warm.cpu / count,
    calls: warm.calls / count,
  }
}
