import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The package as one script for browsers, and the modules outside it that it would need. */
async function bundle(): Promise<{ code: string; imports: string[] }> {
  const output = (await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: `${root}src/index.ts`, formats: ['iife'], name: 'addr' },
      rolldownOptions: { external: [/^node:/, ...builtinModules] },
    },
  })) as Rolldown.RolldownOutput[]
  const chunks = output.flatMap((o) => o.output).filter((o) => o.type === 'chunk')
  return {
    code: chunks.map((chunk) => chunk.code).join('\n'),
    imports: chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]),
  }
}

test('the package bundles for a browser without any import, and runs where there is nothing but the language', async () => {
  const { code, imports } = await bundle()
  expect(imports).toEqual([])
  expect(code).not.toMatch(/\brequire\(|\bprocess\b|\bBuffer\b|node:/)
  const script = `
    const { ip, net } = addr.parseCIDR('192.0.2.1/24')
    let message = ''
    try { addr.splitHostPort('localhost') } catch (e) { message = String(e) }
    JSON.stringify({
      globals: [typeof process, typeof Buffer, typeof require, typeof setTimeout],
      ip: String(ip), net: String(net), zone: String(addr.TCPAddr.from({ ip: 'fe80::1%en0', port: 80 })),
      mac: String(addr.parseMAC('00-00-5E-00-53-01')), unix: addr.parseNetwork('unixgram').afnet, message,
    })`
  const result = JSON.parse(runInNewContext(`${code};${script}`) as string) as unknown
  expect(result).toEqual({
    globals: ['undefined', 'undefined', 'undefined', 'undefined'],
    ip: '192.0.2.1',
    net: '192.0.2.0/24',
    zone: '[fe80::1%en0]:80',
    mac: '00:00:5e:00:53:01',
    unix: 'unixgram',
    message: 'AddrError: address localhost: missing port in address',
  })
})
