import { reasonOf } from './known.mjs'
import { failuresOf } from './row.mjs'

/** @typedef {import('./row.mjs').Row} Row */

/**
 * The page that tells where the packages have run.
 * @param {Row[]} rows @param {{ date: Date, short: boolean }} run when they ran, and whether the run was a short one
 */
export function page(rows, { date, short }) {
  const extent = short
    ? `The run was a short one: of the suite its part about TCP connections, and few smoke tests where starting takes long. `
    : ''
  const labels = ['posix', 'hosted', 'embedded /net']
  const table = rows.map((row) => [
    row.name,
    row.version,
    row.echo,
    row.smoke.passed + row.smoke.failures.length === 0 ? '-' : fraction(row.smoke.passed, row.smoke.failures),
    ...labels.map((label) => cell(row.contract.find((c) => c.label === label))),
  ])
  const heading = [
    'runtime',
    'version',
    'dial and listen',
    'smoke tests',
    ...labels.map((label) => `suite: ${label}`),
  ]
  const lines = [heading, heading.map(() => '---'), ...table].map((line) => `| ${line.join(' | ')} |`)
  const failures = rows.flatMap((row) => {
    return failuresOf(row).map((failure) => {
      const why = reasonOf(row.name, failure) ?? 'the reason is not known yet'
      return `- ${row.name}: ${failure} (${why})`
    })
  })
  return `# Where it has run

Each row is a JavaScript runtime on a machine, or a bundler, each number what was seen when the packed packages were tried there: the
smoke test of every package, and the contract's suite over each target that the runtime has. ${extent}The page is
written by \`pnpm reach\`, last on ${date.toISOString().slice(0, 10)}. Other kernels (darwin, freebsd, openbsd), Android and musl
have tables and layouts that were compared with their headers or are linux's; nothing has run there.

${lines.join('\n')}
${failures.length === 0 ? '' : `\n## What failed\n\n${failures.join('\n')}\n`}`
}

/** @param {number} passed @param {string[]} failures */
function fraction(passed, failures) {
  return `${passed} of ${passed + failures.length}`
}

/** @param {import('./row.mjs').Contract | undefined} seen */
function cell(seen) {
  if (seen === undefined) return '-'
  if (seen.refused !== undefined) return 'refuses'
  return fraction(seen.passed ?? 0, seen.failures ?? [])
}
