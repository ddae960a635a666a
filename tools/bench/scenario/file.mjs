// A file one way, to a receiver that takes all.
import { writeFileSync } from 'node:fs'
import { script } from '../programs.mjs'

const BYTES = 2 ** 25

async function send(round, role) {
  const sink = await round.load(['sink'])
  const path = round.path('file')
  writeFileSync(path, Buffer.alloc(BYTES, 'measure'))
  const sender = await round.start(script('file'), [role, sink.ready.port, path])
  await sender.ask()
  const { answer, cpu } = await round.measure(sender, () => sender.ask())
  return { throughput: BYTES / answer.ms / 1e6, perGB: (cpu * 1000) / BYTES }
}

/** The row. */
export function rows() {
  const contestant = (name, own, role) => ({ name, own, run: (round) => send(round, role) })
  return [
    {
      id: 'file',
      title: 'Sending a file of 32 MiB',
      note: 'From the page cache, over loopback, until the receiver has seen the end.',
      figures: ['throughput', 'perGB'],
      base: 'node:net, pipe',
      contestants: [
        contestant('node:net, pipe', false, 'pipe'),
        contestant('sendFile', true, 'sendFile'),
        contestant('read and write', true, 'copy'),
      ],
    },
  ]
}
