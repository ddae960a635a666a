// What remote.ts runs in a namespace: it calls the functions it is sent, one line of JSON each, and prints what they give.
import { createInterface } from 'node:readline'
import * as addr from '@net/addr'
import * as contract from '@net/contract'
import * as posix from '@net/posix'

const remote = { ...addr, ...contract, ...posix, kept: new Map() }

for await (const line of createInterface({ input: process.stdin })) {
  const { code, args } = JSON.parse(line)
  let answer
  try {
    const f = new Function(`return (${code})`)()
    answer = { value: (await f(remote, ...args)) ?? null }
  } catch (e) {
    answer = { error: { message: String(e?.message ?? e), code: e?.code ?? null } }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
