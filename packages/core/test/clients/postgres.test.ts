import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { postgresPath, startPostgres, type ServerProcess } from '@net/peers'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../../src/index.ts'
import { connect } from '../../src/node/index.ts'
import { stacks, type Stack } from '../stacks.ts'

const missing = postgresPath === null

let server: ServerProcess
let balanced: () => Promise<void>
beforeAll(async () => {
  if (postgresPath !== null) server = await startPostgres(postgresPath)
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(async () => {
  await balanced()
  if (!missing) await server[Symbol.asyncDispose]()
})

describe.skipIf(missing).each(stacks)('over %s (needs postgresql)', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  const options = (): pg.PoolConfig => ({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    stream: () => connect(stack.net),
  })

  test('a pool of pg asks by many connections', async () => {
    const pool = new pg.Pool({ ...options(), max: 3 })
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, i) => pool.query<{ n: number }>('select $1::int as n', [i])),
    )
    expect(results.map(({ rows: [row] }) => row?.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(pool.totalCount).toBe(3)
    await pool.end()
  })

  test('pg tells of a backend that was terminated, and that the connection has ended', async () => {
    const [client, other] = [new pg.Client(options()), new pg.Client(options())]
    const errors: string[] = []
    client.on('error', (e) => errors.push(e.message))
    await Promise.all([client.connect(), other.connect()])
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    await other.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await ended
    expect(errors).toEqual([
      'terminating connection due to administrator command',
      'Connection terminated unexpectedly',
    ])
    await other.end()
  })

  test('postgres.js asks, and its end() settles', async () => {
    const socket = () => connect(stack.net, server.port, '127.0.0.1')
    // Its types do not know the option, which its documentation has.
    const sql = postgres({ user: 'postgres', database: 'postgres', max: 1, socket } as postgres.Options<
      Record<string, never>
    >)
    const [row] = await sql<{ n: number }[]>`select 1 as n`
    expect(row?.n).toBe(1)
    await sql.end()
  })
})
