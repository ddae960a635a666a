// Whether a run is worse than what BENCHMARKS.md tells.
import { figures as heads } from './figures.mjs'
import { digits } from './stats.mjs'

/**
 * Compares our figures of a row with those of a report. Gives how many could be compared, and a line for each that got worse by
 * more than the run's own spread, the way from its lowest round to its highest. Where there is a base, ratios to it are
 * compared, which leaves the machine out; where there is none, values, if the report is of this machine.
 */
export function compare({ id, title, figures }, results, report) {
  let compared = 0
  const worse = []
  for (const { name, figures: now } of results.filter(({ own }) => own)) {
    for (const figure of figures.filter((each) => !heads[each].once)) {
      const { head, more } = heads[figure]
      const kind = now[figure].ratio === null ? 'value' : 'ratio'
      const was = report.get(title, name, head)?.[kind] ?? null
      const is = now[figure][kind]
      if (was === null || is === null || (kind === 'value' && !report.ofThisMachine)) continue
      compared++
      if ((more ? was - is.median : is.median - was) <= is.spread) continue
      const [then, today, spread] = [was, is.median, is.spread].map(digits)
      worse.push(
        `${id}, ${name}: ${head}: a ${kind} of ${today} where it was ${then}, with a spread of ${spread}`,
      )
    }
  }
  return { compared, worse }
}
