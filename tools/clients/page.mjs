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
cell what was seen. The servers of databases and the message bus are Debian's. The page is written by \`pnpm clients\`, last on
${date.toISOString().slice(0, 10)}.

${[heading, heading.map(() => '---'), ...table].map(line).join('\n')}

What a stack lacks, and a program needs, stands in its cell.

## What to expect over a \`/net\`

A \`/net\` has no half-close. A stream that was ended there, and reads on, is closed once its peer has been silent for two
seconds; as nobody can know whether the peer had more to say, the reader gets an 'error' of code ECONNABORTED. Most programs do not
see it, because their servers close when they are told in words that this is the end. ssh2 is told so too, but both of its ends
answer with \`end()\` alone and wait for the other's end of stream: over a \`/net\` at both ends \`client.end()\`, or the server's
\`session.end()\`, ends two seconds later with that error, at one end or at both, and then with 'close'. A program has to listen
for 'error'. When one end is not over a \`/net\`, as with OpenSSH's server, there is no error.

## What cannot be plugged in

- The client of @grpc/grpc-js: it calls \`net.connect\` itself, also for what it then speaks TLS over, and none of its channel
  options takes a stream or a function that makes one. Its server takes streams, as above.
- node-redis without TLS: it calls \`net.createConnection(options)\`, which makes a socket of the host whatever the options say. With
  TLS it calls \`tls.connect(options)\`, which takes a \`socket\`: one stream, so that it cannot connect again by itself.
- hot-shots' own UDP: it calls \`dgram.createSocket\`, and its option \`socket\` is read for child clients alone. As a stream of
  datagrams it runs, as above, and its Unix datagrams then need no add-on.

## The glue

\`connect\`, \`agent\`, \`secureAgent\`, \`dispatcher\`, \`serve\` and \`toDuplex\` are those of \`@net/core/node\`, \`FDStream\` is that of
\`@net/posix\`; \`net\` is a \`Net\`.

${code.join('\n')}`
}
