import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { mariadbPath, startMariaDB, type ServerProcess } from '@net/peers'
import {
  createConnection,
  createPool,
  type Connection,
  type PoolOptions,
  type RowDataPacket,
} from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../../src/index.ts'
import { connect } from '../../src/node/index.ts'
import { stacks, type Stack } from '../stacks.ts'

const missing = mariadbPath === null

let server: ServerProcess
let balanced: () => Promise<void>
beforeAll(async () => {
  if (mariadbPath !== null) server = await startMariaDB(mariadbPath)
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(async () => {
  await balanced()
  if (!missing) await server[Symbol.asyncDispose]()
})

describe.skipIf(missing).each(stacks)('over %s (needs mariadb-server-core)', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  const options = (): PoolOptions => ({
    user: 'root',
    stream: () => connect(stack.net, server.port, '127.0.0.1'),
  })

  async function numberOf(conn: Pick<Connection, 'query'>, sql: string): Promise<unknown> {
    const [[row]] = await conn.query<RowDataPacket[]>(sql)
    return row?.n
  }

  test('mysql2 says at once that the server has killed its connection', async () => {
    const [conn, other] = await Promise.all([createConnection(options()), createConnection(options())])
    const failed = new Promise<unknown>((resolve) => conn.once('error', resolve))
    await other.query(`kill ${String(await numberOf(conn, 'select connection_id() as n'))}`)
    expect(await failed).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true })
    await expect(conn.query('select 1')).rejects.toThrow(/closed state/)
    expect(await numberOf(other, 'select 2 as n')).toBe(2)
    await other.end()
  })

  test('mysql2 takes a query under way for lost', async () => {
    const [conn, other] = await Promise.all([createConnection(options()), createConnection(options())])
    conn.on('error', () => {})
    const id = String(await numberOf(conn, 'select connection_id() as n'))
    const waiting = conn.query('select sleep(60)')
    waiting.catch(() => {})
    await expect
      .poll(() =>
        numberOf(
          other,
          `select count(*) as n from information_schema.processlist where id = ${id} and state = 'User sleep'`,
        ),
      )
      .toBe(1)
    await other.query(`kill ${id}`)
    await expect(waiting).rejects.toMatchObject({ fatal: true })
    await other.end()
  })

  test('a pool of mysql2 asks for rows by many connections', async () => {
    const pool = createPool({ ...options(), connectionLimit: 3 })
    const all = await Promise.all(Array.from({ length: 9 }, (_, i) => numberOf(pool, `select ${i} as n`)))
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    const numbers = 'with recursive r(n) as (select 1 union all select n + 1 from r where n < 20000)'
    const [rows] = await pool.query<RowDataPacket[]>(
      `set statement max_recursive_iterations = 20000 for ${numbers} select n from r`,
    )
    expect(rows).toHaveLength(20_000)
    await pool.end()
  })
})
