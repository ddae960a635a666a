import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The links of a page, as they stand in it. @param {string} html */
export const linksOf = (html) =>
  [...html.matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, link = '']) => link)

/** What a page can be entered at. @param {string} html */
const anchorsOf = (html) => new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id))

/** Whether a link leads away from the site: that is for its reader to try. @param {string} link */
const leadsAway = (link) => /^(https?:|mailto:|data:|javascript:)/.test(link)

/**
 * Reads every page below a folder and follows its links to files and anchors.
 *
 * @param {string} dir
 * @returns {{ pages: number, links: number, broken: string[] }} `broken` names page and link, each once
 */
export function readBrokenLinks(dir) {
  const pages = new Map(
    readdirSync(dir, { encoding: 'utf8', recursive: true })
      .filter((file) => file.endsWith('.html'))
      .map((file) => [join(dir, file), readFileSync(join(dir, file), 'utf8')]),
  )
  const anchors = new Map([...pages].map(([file, html]) => [file, anchorsOf(html)]))
  /** Where a link leads, or null where there is nothing. @param {string} from @param {string} link */
  const isThere = (from, link) => {
    const [path = '', anchor = ''] = link.split('#')
    const file = path === '' ? from : resolve(dirname(from), decodeURIComponent(path))
    if (anchor === '' || !pages.has(file)) return existsSync(file)
    return anchors.get(file)?.has(decodeURIComponent(anchor)) === true
  }
  const found = [...pages].map(([file, html]) => ({
    file,
    links: linksOf(html).filter((link) => !leadsAway(link)),
  }))
  const broken = found.flatMap(({ file, links }) =>
    [...new Set(links)]
      .filter((link) => !isThere(file, link))
      .map((link) => `${relative(dir, file)}: ${link}`),
  )
  return { pages: pages.size, links: found.reduce((n, { links }) => n + links.length, 0), broken }
}
