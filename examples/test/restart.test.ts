import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { start } from './example.ts'

/** Dials, asks, and gives the number of the process that answers. */
async function ask(port: string): Promise<string> {
  const [response] = (await once(get({ host: '127.0.0.1', port, agent: false }), 'response')) as [
    IncomingMessage,
  ]
  return (await text(response)).trim()
}

test('restart.mjs refuses nobody while one process follows the other', async () => {
  await using first = start('restart.mjs', '127.0.0.1:0')
  const port = await first.printed(/serves 127\.0\.0\.1:(\d+)\n/)
  const processes = [String(first.child.pid)]
  const answers: string[] = []
  const failures: unknown[] = []
  let goesOn = true
  let answered = (): void => {}
  const dialAllTheTime = async (): Promise<void> => {
    while (goesOn) {
      await ask(port).then(
        (pid) => answers.push(pid),
        (e: unknown) => failures.push(e),
      )
      answered()
    }
  }
  const dialling = Array.from({ length: 4 }, dialAllTheTime)
  for (let restart = 0; restart < 3; restart++) {
    process.kill(Number(processes.at(-1)), 'SIGHUP')
    const pattern = `^(?:process \\d+ serves [\\d.:]+\\n){${restart + 1}}process (\\d+) `
    processes.push(await first.printed(new RegExp(pattern)))
    // The old one has gone when the new one answers, and answers alone.
    for (let alone = 0; alone < 50;) {
      await new Promise<void>((resolve) => (answered = resolve))
      alone = answers.at(-1) === processes.at(-1) ? alone + 1 : 0
    }
  }
  goesOn = false
  await Promise.all(dialling)
  process.kill(Number(processes.at(-1)), 'SIGINT')
  await first.closed // by all processes, which have its outputs open
  expect(failures).toEqual([])
  expect([...new Set(answers)]).toEqual(processes)
  expect(first.child.exitCode).toBe(0)
})
