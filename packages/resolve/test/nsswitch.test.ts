import { expect, test } from 'vitest'
import { isStandard, NSSwitchFile, parseNSSConf, type NSSConf } from '../src/files/nsswitch.ts'
import { TempFile } from './temp_file.ts'
import { vectors } from './vectors.ts'

function printed(conf: NSSConf): Record<string, string[]> {
  const print = [...conf.sources].map(([database, sources]) => [
    database,
    sources.map((s) =>
      [s.source, ...s.criteria.map((c) => ` [${c.negate ? '!' : ''}${c.status}=${c.action}]`)].join(''),
    ),
  ])
  return Object.fromEntries(print) as Record<string, string[]>
}

test.each(vectors<string, Record<string, string[]> | null>('nsswitch_conf'))(
  'parseNSSConf() reads a file as Go does ($tag)',
  ({ in: text, out, err }) => {
    if (err === null) expect(printed(parseNSSConf(text))).toEqual(out)
    else expect(() => parseNSSConf(text)).toThrow(new Error(err))
  },
)

test('isStandard() accepts criteria that say what holds anyway', () => {
  const standard = (criteria: string): boolean => {
    const source = parseNSSConf(`hosts: dns ${criteria}`).sources.get('hosts')?.[0]
    return source !== undefined && isStandard(source)
  }
  expect(standard('')).toBe(true)
  expect(standard('[success=return notfound=continue]')).toBe(true)
  expect(standard('[notfound=return]')).toBe(true)
  expect(standard('[notfound=return unavail=continue]')).toBe(false)
  expect(standard('[!unavail=return]')).toBe(false)
  expect(standard('[success=continue]')).toBe(false)
  expect(standard('[weather=return]')).toBe(false)
})

test('NSSwitchFile.get() keeps the error of a file that is missing or wrong', () => {
  expect(new NSSwitchFile('/nonexistent/nsswitch.conf').get().error).toMatchObject({ code: 'ENOENT' })
  using file = new TempFile('garbage\n')
  expect(new NSSwitchFile(file.path).get().error?.message).toBe('no colon on line')
})
