import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'
import { readBrokenLinks } from './links.mjs'

// Makes the site, into the folder `site` at the root, and looks for links in it that lead nowhere.
const began = performance.now()
const app = await Application.bootstrapWithPlugins({
  options: fileURLToPath(new URL('typedoc.config.mjs', import.meta.url)),
})
const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)
await app.generateOutputs(project)
const { pages, links, broken } = readBrokenLinks(app.options.getValue('out'))
for (const line of broken) console.error(line)
const seconds = ((performance.now() - began) / 1000).toFixed(1)
console.log(`${pages} pages, ${links} links, ${broken.length} broken; ${seconds} s`)
if (broken.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
