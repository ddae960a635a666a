import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { root } from '../release/workspace.mjs'
import { entries, groups } from './pages.mjs'
import { serveFolder } from './server.mjs'

// Looks at the site in Chromium, as a reader on a telephone does, and searches in it. `node tools/site/browse.mjs` after a build;
// with a folder as argument it keeps pictures of the pages there.
const PHONE = { width: 360, height: 800 }
const DESK = { width: 1280, height: 900 }
const SMALLEST = 14 // pixels of text
const WORD = 'deadline' // what is searched for

const site = fileURLToPath(new URL('../../site', import.meta.url))
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const [pictures] = process.argv.slice(2)

/** @param {string} reason @returns {never} */
function refuse(reason) {
  console.error(`the site was not looked at: ${reason}`)
  process.exit(1)
}
if (!existsSync(executablePath))
  refuse(`there is no ${executablePath} (Debian: apt-get install chromium; or CHROMIUM says where it is)`)
if (!existsSync(site)) refuse('there is no site: pnpm site builds it')

const names = entries.filter(({ main }) => main).map(({ name }) => name.replace('@', '_'))
const files = Object.values(groups).flat()
const pages = ['index', ...files.map((file) => relative(root, file).replace(/\.md$/, '')), ...names]
const problems = /** @type {string[]} */ ([])

const served = await serveFolder(site)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const context = await browser.newContext({ viewport: PHONE })
context.setDefaultTimeout(120_000)
const page = await context.newPage()
page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`))
page.on(
  'response',
  (r) => void (r.status() >= 400 && problems.push(`${page.url()}: ${r.url()} gives ${r.status()}`)),
)
page.on(
  'request',
  (r) => void (r.url().startsWith(served.url) || problems.push(`${page.url()} asks ${r.url()}`)),
)

/* global document, window, getComputedStyle -- of the browser, in which `look` runs */
/** What is wrong with the page as it is shown. @param {number} smallest @returns {string[]} */
function look(smallest) {
  const wide = document.documentElement.scrollWidth - window.innerWidth
  const texts = [
    ...document.querySelectorAll('.col-content p, .col-content li, .col-content td, .col-content pre'),
  ]
  const small = texts.filter((text) => parseFloat(getComputedStyle(text).fontSize) < smallest)
  const told = wide > 0 ? [`${wide} pixels wider than the screen`] : []
  if (small.length > 0)
    told.push(`text of less than ${smallest} pixels: ${small[0]?.textContent?.slice(0, 40)}`)
  if (document.querySelector('h1, h2') === null) told.push('no heading')
  return told
}

for (const path of pages) {
  await page.goto(`${served.url}${path}.html`)
  problems.push(...(await page.evaluate(look, SMALLEST)).map((problem) => `${path}: ${problem}`))
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${path.replaceAll('/', '_')}.png` })
}

await page.setViewportSize(DESK)
await page.goto(`${served.url}index.html`)
if (pictures !== undefined) await page.screenshot({ path: `${pictures}/desk.png` })

// What leads on from the start page by the navigation, which a script of the page makes.
await page.waitForSelector('#tsd-nav-container a')
const links = await page.$$eval('#tsd-nav-container a', (all) =>
  all.map((a) => /** @type {HTMLAnchorElement} */ (a).href),
)
for (const link of new Set(links)) {
  const file = new URL(link).pathname.slice(1)
  if (!existsSync(`${site}/${file}`)) problems.push(`the navigation leads to ${file}, which is not there`)
}

await page.click('#tsd-search-trigger')
await page.fill('#tsd-search-input', WORD)
const found = page.locator('#tsd-search-results a')
await found.first().waitFor()
const title = await found.first().innerText()
await found.first().click()
await page.waitForURL((url) => !url.pathname.endsWith('/index.html'))
const text = await page.innerText('body')
if (!text.toLowerCase().includes(WORD))
  problems.push(`the search for ${WORD} led to ${page.url()}, where it is not`)
if (pictures !== undefined) await page.screenshot({ path: `${pictures}/found.png` })

await browser.close()
await served.close()
for (const problem of problems) console.error(problem)
console.log(
  `${pages.length} pages at ${PHONE.width} pixels, ${links.length} links of the navigation, "${WORD}" found: ${title.trim()}`,
)
console.log(`${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
