import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../../src/index.ts'
import { serve } from '../../src/node/index.ts'
import { stacks, type Stack } from '../stacks.ts'

let balanced: () => Promise<void>
beforeAll(async () => {
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(() => balanced())

/** Says one line after another and gives what the server answers, its greeting first. */
async function converse(socket: Socket, lines: readonly string[]): Promise<string[]> {
  const answers: string[] = []
  const left = [...lines]
  for await (const answer of createInterface({ input: socket })) {
    answers.push(answer)
    if (answer[3] === '-') continue // more of it follows
    const line = left.shift()
    if (line === undefined) break
    socket.write(`${line}\r\n`)
  }
  return answers
}

describe.each(stacks)('smtp-server served over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('greets its client, knows its address, and takes a mail', async () => {
    const mails: string[] = []
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onConnect({ remoteAddress }, done) {
        mails.push(remoteAddress)
        done()
      },
      onData(stream, _session, done) {
        stream.on('data', (chunk) => mails.push(String(chunk)))
        stream.on('end', () => done())
      },
    })
    const listener = await stack.net.listen('tcp', '127.0.0.1:0')
    const service = serve(listener, server.server)
    const client = connect({ host: '127.0.0.1', port: listener.addr.port })
    const gone = new Promise((resolve) => client.once('close', resolve))
    const answers = await converse(client, [
      'HELO here',
      'MAIL FROM:<a@here.example>',
      'RCPT TO:<b@there.example>',
      'DATA',
      'hello\r\n.',
      'QUIT',
    ])
    expect(answers.map((line) => line.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250', '221'])
    client.destroy()
    await gone
    expect(mails).toEqual(['127.0.0.1', 'hello\r\n'])
    await service.close()
  })
})
