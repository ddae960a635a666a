import { readFileSync } from 'node:fs'
import { stacks } from './stacks.mjs'

/** The versions that this folder asks for. @type {Record<string, string>} */
const versions = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).devDependencies

/** @param {string[]} cells */
const line = (cells) => `| ${cells.join(' | ')} |`

/**
 * The page that tells which programs run over which stack, and by what code.
 * @param {import('./run.mjs').Row[]} rows @param {Date} date
 */
export function page(rows, date) {
  const heading = ['program', 'versions', ...stacks.map(([name]) => name), 'lines of glue']
  const table = rows.map(({ program: { name, packages = [], glue }, cells }) => {
    const named = packages.map((p) => `${p} ${versions[p]}`).join(', ')
    return [
      name,
      named === '' ? `Node ${process.versions.node}` : named,
      ...cells,
      String(glue.split('\n').length),
    ]
  })
  const code = rows.map(({ program: { name, glue } }) => `### ${name}\n\n\`\`\`text\n${glue}\n\`\`\`\n`)
  return `# Programs that run over it

Clients and servers that people have, unchanged, over each stack: each row is a program that says and hears something, each
cell what was seen. The servers of databases are Debian's. The page is written by \`pnpm clients\`, last on
${date.toISOString().slice(0, 10)}.

${[heading, heading.map(() => '---'), ...table].map(line).join('\n')}

Over a \`/net\`, which has no half-close, ssh2's \`client.end()\` is followed by an 'error' of code ECONNABORTED; a program has to expect it.

What cannot be plugged in: node-redis and the client of @grpc/grpc-js call \`net.connect\` themselves and take no stream.

## The glue

\`connect\`, \`agent\`, \`dispatcher\`, \`serve\` and \`toDuplex\` are those of \`@net/core/node\`; \`net\` is a \`Net\`.

${code.join('\n')}`
}
