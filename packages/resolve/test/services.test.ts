import { AddrError } from '@net/addr'
import { DNSError } from '@net/contract'
import { expect, test } from 'vitest'
import { findPort, parseServices, ServicesFile } from '../src/files/services.ts'
import { TempFile } from './temp_file.ts'
import { vectorFile, vectors } from './vectors.ts'

interface GoError {
  err: string
  errType: string
}

function outcome(f: () => number): unknown {
  try {
    return f()
  } catch (e) {
    if (e instanceof DNSError) return { err: e.message, errType: '*net.DNSError' }
    if (e instanceof AddrError) return { err: e.message, errType: '*net.AddrError' }
    throw e
  }
}

test.each(
  vectors<{ file: string | null; lookups: [string, string][] }, (number | GoError)[]>('services_file'),
)('parseServices() reads a file as Go does ($tag)', ({ in: { file, lookups }, out }) => {
  const services = parseServices(file ?? '')
  expect(lookups.map(([network, name]) => outcome(() => findPort(services, network, name)))).toEqual(out)
})

const { env, cases } = vectorFile<{ network: string; service: string }, unknown>('lookup_port')
const system = parseServices(env?.services_file ?? '')

test.each(cases)(
  'findPort($in.network, $in.service) gives what Go gives ($tag)',
  ({ in: args, out, err, errType }) => {
    const got = outcome(() => findPort(system, args.network, args.service))
    expect(got).toEqual(err === null ? out : { err, errType })
    if (errType !== '*net.DNSError') return
    try {
      findPort(system, args.network, args.service)
    } catch (e) {
      expect(e).toMatchObject(out as object)
    }
  },
)

test('ServicesFile.get() knows the built-in services without the file', () => {
  const services = new ServicesFile('/nonexistent/services').get()
  expect(findPort(services, 'tcp', 'HTTPS')).toBe(443)
})

test('ServicesFile.get() reads a changed file again', () => {
  using file = new TempFile('gopher 7070/tcp\n')
  const services = new ServicesFile(file.path, 0)
  expect(services.get().get('tcp', 'gopher')).toBe(7070)
  file.write('gopher 7071/tcp\n')
  expect(services.get().get('tcp', 'gopher')).toBe(7071)
})
