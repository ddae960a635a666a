// UDP datagrams of 64 bytes, as many as go.
import { setTimeout as sleep } from 'node:timers/promises'
import { waitingBytes } from '../usage.mjs'
import { each } from './contestants.mjs'

const PAUSE = 20 // ms between two looks at a receiver that is not done

/** Waits until a receiver has taken all that came; gives how many. */
async function settled(receiver) {
  for (let last = -1; ;) {
    const isEmpty = waitingBytes(receiver.ready.port) === 0
    const { received } = await receiver.ask()
    if (isEmpty && received === last) return received
    last = received
    await sleep(PAUSE)
  }
}

const lost = (received, sent) => (1 - received / sent) * 100

async function flood(round, program) {
  const receiver = await round.start(program, ['count'])
  const sender = await round.start(program, ['send', receiver.ready.port, 'each'])
  await sender.ask(round.warmMs(program, 'many'))
  const before = await settled(receiver)
  const { sent, ms } = await sender.ask(round.ms)
  const received = (await settled(receiver)) - before
  return { sent: sent / ms, received: received / ms, lost: lost(received, sent) }
}

async function receive(round, program) {
  const receiver = await round.start(program, ['count'])
  const sender = await round.load(['flood', receiver.ready.port])
  await sender.ask(round.warmMs(program, 'many'))
  const before = await settled(receiver)
  const measured = await round.measure(receiver, async () => {
    const { sent, ms } = await sender.ask(round.ms)
    return { sent, ms, received: (await settled(receiver)) - before }
  })
  const { sent, ms, received } = measured.answer
  return {
    received: received / ms,
    lost: lost(received, sent),
    cpu: measured.cpu / received,
    calls: measured.calls / received,
  }
}

async function send(round, program, way) {
  const receiver = await round.load(['count'])
  const sender = await round.start(program, ['send', receiver.ready.port, way])
  await sender.ask(round.warmMs(program, 'many'))
  const { answer, cpu, calls } = await round.measure(sender, () => sender.ask(round.ms))
  const { sent, ms } = answer
  return { sent: sent / ms, cpu: cpu / sent, calls: calls / sent }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  const many = (way, name) =>
    each(programs, (round, program) => send(round, program, way)).map((contestant) => ({
      ...contestant,
      name: `${contestant.name}, ${name}`,
    }))
  return [
    {
      id: 'datagram/flood',
      title: 'Flood of UDP datagrams',
      note: '64 bytes, a call each, sender and receiver of one implementation.',
      figures: ['sent', 'received', 'lost'],
      base: 'node:*',
      contestants: each(programs, flood),
    },
    {
      id: 'datagram/receive',
      title: 'Receiving UDP beside a fast sender',
      note: '64 bytes, a call each, from a C program that sends all the time; processor time and system calls for one that came.',
      figures: ['received', 'lost', 'cpu', 'calls'],
      base: 'node:*',
      contestants: each(programs, receive),
    },
    {
      id: 'datagram/send',
      title: 'Sending UDP',
      note: '64 bytes to a C program: a call each, many in a call (writeBatch, sendMany, sendmmsg), and cut by the kernel (segmentSize); processor time and system calls for one.',
      figures: ['sent', 'cpu', 'calls'],
      base: 'node:*',
      contestants: [
        ...each(programs, (round, program) => send(round, program, 'each')),
        ...many('batch', 'many in a call'),
        ...many('segments', 'cut by the kernel'),
      ],
    },
  ]
}
