// What changesets writes into a CHANGELOG.md. Its own writer puts a commit's number before each line, which says nothing to users,
// and tells of siblings in the first release as though they had been updated.

/** A sibling that a release raised. @typedef {{ name: string, oldVersion: string, newVersion: string }} Raised */

/** The version of a package that was never released. */
const unreleased = '0.0.0'

/** The item of a change. @param {{ summary: string }} changeset */
export function getReleaseLine({ summary }) {
  return `- ${summary.trim().replaceAll('\n', '\n  ')}`
}

/** The item that tells which siblings a package now needs in another version, or nothing. @param {unknown} _changesets @param {Raised[]} raised */
export function getDependencyReleaseLine(_changesets, raised) {
  const named = raised
    .filter(({ oldVersion }) => oldVersion !== unreleased)
    .map(({ name, newVersion }) => `${name}@${newVersion}`)
  return named.length === 0 ? '' : `- Works with ${named.join(', ')}.`
}
