import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from '@net/core/node'
import { createClient } from '@redis/client'
import { AbstractConnector, Redis } from 'ioredis'
import { createPool } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'

const login = { host: '127.0.0.1', user: 'postgres', database: 'postgres' }

/** @type {import('../program.mjs').Program[]} */
export const programs = [
  {
    name: 'pg, client',
    packages: ['pg'],
    server: 'postgresql',
    glue: 'new pg.Client({ stream: () => connect(net) })',
    async run(net, { port }) {
      const client = new pg.Client({ ...login, port, stream: () => connect(net) })
      await client.connect()
      const { rows } = await client.query('select $1::int as n', [7])
      assert.deepEqual(rows, [{ n: 7 }])
      await client.end()
    },
  },
  {
    name: 'pg, TLS',
    packages: ['pg'],
    server: 'postgresql',
    tls: true,
    glue: 'new pg.Client({ ssl: { ca }, stream: () => connect(net) })',
    async run(net, { port, tls }) {
      const client = new pg.Client({ ...login, port, ssl: { ca: tls.cert }, stream: () => connect(net) })
      await client.connect()
      const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
      assert.deepEqual(rows, [{ ssl: true }])
      await client.end()
    },
  },
  {
    name: 'pg, pool',
    packages: ['pg'],
    server: 'postgresql',
    glue: 'new pg.Pool({ stream: () => connect(net) })',
    async run(net, { port }) {
      const pool = new pg.Pool({ ...login, port, max: 3, stream: () => connect(net) })
      const asked = [1, 2, 3, 4, 5].map((n) => pool.query('select $1::int as n', [n]))
      const answers = await Promise.all(asked)
      assert.deepEqual(
        answers.map(({ rows }) => rows[0].n),
        [1, 2, 3, 4, 5],
      )
      await pool.end()
    },
  },
  {
    name: 'postgres.js',
    packages: ['postgres'],
    server: 'postgresql',
    glue: "postgres({ socket: () => connect(net, port, '127.0.0.1') })",
    async run(net, { port }) {
      const socket = () => connect(net, port, '127.0.0.1')
      // Its types do not know the option, which its documentation has.
      const options = /** @type {import('postgres').Options<{}>} */ ({ ...login, max: 1, socket })
      const sql = postgres(options)
      const [row] = await sql`select 7 as n`
      assert.equal(row?.n, 7)
      await sql.end()
    },
  },
  {
    name: 'ioredis',
    packages: ['ioredis'],
    server: 'redis',
    glue: `class Connector extends AbstractConnector {
  connect() {
    return (this.stream = connect(net, port, '127.0.0.1'))
  }
}
new Redis({ Connector })`,
    async run(net, { port }) {
      class Connector extends AbstractConnector {
        constructor() {
          super(2000)
        }

        async connect() {
          this.connecting = true
          const stream = /** @type {import('node:net').Socket} */ (
            /** @type {unknown} */ (connect(net, port, '127.0.0.1'))
          )
          this.stream = stream
          return stream
        }
      }
      const redis = new Redis({ Connector })
      assert.equal(await redis.set('k', 'v'), 'OK')
      assert.equal(await redis.get('k'), 'v')
      const ended = once(redis, 'end')
      await redis.quit()
      await ended
    },
  },
  {
    name: 'node-redis, TLS',
    packages: ['@redis/client'],
    server: 'redis with TLS',
    tls: true,
    glue: 'createClient({ socket: { tls: true, ca, socket: connect(net, port, host), reconnectStrategy: false } })',
    async run(net, { port, tls }) {
      const socket = /** @type {import('node:net').Socket} */ (
        /** @type {unknown} */ (connect(net, port, '127.0.0.1'))
      )
      const client = createClient({
        socket: { tls: true, ca: tls.cert, host: '127.0.0.1', socket, reconnectStrategy: false },
      })
      await client.connect()
      assert.equal(await client.set('k', 'v'), 'OK')
      assert.equal(await client.get('k'), 'v')
      await client.close()
    },
  },
  {
    name: 'mysql2',
    packages: ['mysql2'],
    server: 'mariadb',
    glue: "createPool({ stream: () => connect(net, port, '127.0.0.1') })",
    async run(net, { port }) {
      const pool = createPool({ user: 'root', stream: () => connect(net, port, '127.0.0.1') })
      const [rows] = await pool.query('select 7 as n')
      assert.equal(/** @type {{ n: number }[]} */ (rows)[0]?.n, 7)
      await pool.end()
    },
  },
]
