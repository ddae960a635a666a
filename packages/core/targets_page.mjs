// Makes docs/targets.md of the table of targets: node packages/core/targets_page.mjs, after a build.
import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

/**
 * The page that shows the table of targets.
 * @param {import('./src/targets/table.ts').TargetTable} targets
 * @returns {string}
 */
export function targetsPage(targets) {
  const entries = Object.entries(targets)
  const names = entries.map(([name]) => name)
  const groups = /** @type {(keyof typeof targets.linux)[]} */ (Object.keys(targets.linux))
  /** @param {import('./src/targets/table.ts').Supply} supply */
  const cell = ({ from, refuses }) => (refuses === undefined ? `\`${from}\`` : `refuses (${refuses})`)
  const heading = ['', ...names]
  const rows = groups.map((group) => [group, ...entries.map(([, target]) => cell(target[group]))])
  const widths = heading.map((_, i) => Math.max(...[heading, ...rows].map((row) => (row[i] ?? '').length)))
  const rule = widths.map((width) => '-'.repeat(width))
  const table = [heading, rule, ...rows]
    .map((row) => `| ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' | ')} |`)
    .join('\n')
  return `# Targets

Which package supplies each group of functions on each target. The rows are the groups of \`@net/contract\`; the files
in \`packages/core/src/targets\` say the same in code. This page is made by \`node packages/core/targets_page.mjs\`;
\`netx targets\` prints it.

${table}

A group that refuses rejects each call with an error of that code: EPLAN9 "not supported by plan 9", EWINDOWS "not
supported by windows", ENOTSUP "operation not supported". The sendfile of \`@net/io\` copies.

## Choosing one

1. Nothing to do: the running system decides. Where its kernel's sockets cannot be reached (Node's permission model, or
   \`--no-addons\`; an architecture or libc that koffi has no build for, or koffi left out of an install or a bundle), the
   sockets of the JavaScript host take their place, and so on Deno and Bun, where an event of the kernel's sockets costs more
   than one of their own ([ports.md](ports.md)): \`defaultNet().target\` then has the name \`hosted\`, and the reason as
   \`fallbackCause\`.
2. By import condition, for a build that holds one target only: \`node -C windows app.js\`, or \`conditions\` in a bundler.
   The conditions are ${names.map((name) => `\`${name}\``).join(', ')}.
3. By hand, any number in one program: \`new Net(hosted())\`, with \`hosted\` from \`@net/posix\`.

\`posix()\` by name gives the kernel's sockets wherever a foreign function interface reaches them, and throws the reason where
none does: koffi on Node; node:ffi where koffi does not load and Node has it (26 and later; it warns that it is experimental,
and under \`--permission\` it needs \`--allow-ffi\` and \`--allow-net\`, with which it is the default too); Bun's own; and Deno's
with \`--allow-ffi\` and \`--allow-net\`. On Deno and Bun that brings what the host's sockets lack: Unix datagrams, descriptors,
raw IP, every socket option, interfaces.

In a bundle, one condition brings one target: \`windows\` brings no kernel's sockets, \`linux\` none of the host's. koffi is a native
addon and stays outside: the code looks for it at run time, so no bundler takes it in or needs to be told. It travels as two
packages, \`koffi\` and its build for the machine (\`@koromix/koffi-linux-x64\`, ...), in a \`node_modules\` beside the file that
runs or in a folder above it: by \`npm install koffi\` there, or copied along. Without a condition the host's sockets are code that
is loaded only where they are needed, of which rolldown, rollup and webpack make files beside the bundle; \`codeSplitting: false\`
of rolldown and \`inlineDynamicImports\` of rollup make one file of all.

| made by                                             | \`node_modules\` lies beside     | tried as        |
| --------------------------------------------------- | ------------------------------- | --------------- |
| esbuild, rolldown, rollup, webpack                  | the bundle                      | ESM, CommonJS   |
| \`bun build --target=node\`                         | the bundle                      | ESM, CommonJS   |
| \`--experimental-sea-config\`, a single executable  | the executable                  | CommonJS        |
| webpack with evaluated modules (\`devtool: 'eval'\`) | the program's first file        | not tried       |
| \`bun build --compile\`                             | nothing: Bun has the host's own | by hand, once   |

Without koffi a bundle for the running system goes over the host's sockets; one that was made for a kernel by its condition
refuses, with the places where koffi was looked for.

\`windows\` is the JavaScript host's own \`node:net\` and \`node:dgram\`; it works on every system, also where there is no
foreign function interface. On Windows itself it has two groups of its own, through koffi: it lists the interfaces of the system
(\`iphlpapi.dll\`), and has raw IP (\`ws2_32.dll\`). Without koffi, on a 32-bit processor and on another system these refuse with
EWINDOWS. The list tells unicast addresses (Go's has anycast ones among them), and no changes (\`watchInterfaces\`). Raw IP wants an
administrator (EACCES else), and the main thread; each socket has the sizes of its buffers and IPv4's multicast as options.

What is missing there, and refuses with EWINDOWS: options beyond those that the host's sockets have (\`setNoDelay\`, \`setKeepAlive\`,
the buffers of UDP, multicast), as the host tells nobody the SOCKET of a connection; descriptors; control messages; IPv6's multicast
of raw IP. A datagram to a port where nobody listens makes no later read fail, as in Go.

On Windows itself a Unix socket is a named pipe. A name that begins with \`\\\\.\\pipe\\\` is that pipe; any other is a path, for which the
pipe that is called like the whole path stands, with \`/\` for \`\\\`. No file is made. A pipe has no half-close, so \`closeWrite()\` refuses
with EWINDOWS there and the end is seen at \`close()\`. As no file's permissions could keep anybody out, an export
of a network does not listen on one.

Android has linux's target, with linux's numbers and layouts: nothing has run there. What has run where stands in
[reach.md](reach.md).

\`plan9\` is a Plan 9 network tree. \`PLAN9_NET\` says which: a directory where one is mounted, or the address of one that is
served over 9P2000, \`unix!/run/net\` or \`tcp!host!port\`; without it, it is \`/net\`. An address is dialled with the running
system's own stack, which is loaded then. TLS needs \`dialNet\` of \`@net/core/plan9\`, which also serves trees.
`
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { targets } = await import('@net/core')
  writeFileSync(fileURLToPath(new URL('../../docs/targets.md', import.meta.url)), targetsPage(targets))
}
