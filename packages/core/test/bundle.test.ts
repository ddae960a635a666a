import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const packages = fileURLToPath(new URL('../..', import.meta.url))

/** What a program that dials and listens becomes for a target: the code that loads with it, of however many chunks, and the files it is from. */
async function bundle(condition: string): Promise<{ code: string; files: string[] }> {
  const program = 'program.js'
  const build = await rolldown({
    input: program,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: [condition, 'import', 'default'] },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === program ? fileURLToPath(new URL(program, import.meta.url)) : null),
        load: (id) => (id.endsWith(program) ? "export { dial, listen } from '@net/core'" : null),
      },
    ],
  })
  const { output } = await build.generate()
  await build.close()
  const chunks = output.filter((chunk) => chunk.type === 'chunk')
  const atOnce = chunks.filter((chunk) => chunk === output[0] || output[0].imports.includes(chunk.fileName))
  const files = atOnce
    .flatMap((chunk) => Object.entries(chunk.modules))
    .filter(([, m]) => m.renderedLength > 0)
  return {
    code: atOnce.map((chunk) => chunk.code).join('\n'),
    files: files.map(([id]) => id.replace(packages, '')),
  }
}

test.each([
  ['windows', ['GetAdaptersAddresses'], ['epoll', 'kqueue', 'cs.query']],
  ['linux', ['koffi', 'epoll'], ['node:net', 'GetAdaptersAddresses']],
])('a bundle for %s holds that target alone', async (target, held, absent) => {
  const { code, files } = await bundle(target)
  expect(files).toContain(`core/dist/targets/${target}.js`)
  expect(files.filter((file) => /core\/dist\/targets|plan9|netfs|9p/.test(file))).toHaveLength(1)
  expect(held.filter((word) => !code.includes(word))).toEqual([])
  expect(absent.filter((word) => code.includes(word))).toEqual([])
})

test('a bundle for plan9 loads the running system’s own stack only to reach a 9P server', async () => {
  const { code, files } = await bundle('plan9')
  expect(files.filter((file) => /core\/dist\/targets|posix/.test(file))).toEqual([
    'core/dist/targets/plan9.js',
  ])
  expect(code).not.toContain('koffi')
})
