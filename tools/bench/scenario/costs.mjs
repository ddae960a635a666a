// What single calls and turns cost in this Node: the parts of which the minimal programs (../floor) are made.
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../floor/costs.mjs', import.meta.url))
const COUNT = 30_000

const names = {
  call: 'a call of koffi: abs',
  getppid: 'a system call that does nothing: getppid',
  epoll: 'epoll_wait that finds nothing',
  empty: 'recv that finds nothing',
  tcp: 'send and recv of 64 bytes, TCP',
  udp: 'send and recv of 64 bytes, UDP',
  option: 'setsockopt, TCP_NODELAY',
  socket: 'socket and close, UDP',
  query: 'socket, connect and close, UDP',
  dial: 'socket, connect, accept4 and two closes, TCP',
  now: 'performance.now',
  promise: 'await of a promise, in an async function that is awaited',
  immediate: 'await of setImmediate: a turn of the event loop',
}

async function cost(round, name) {
  const side = await round.start({ command: [process.execPath, script] }, ['cost', name])
  return side.ask(round.count(COUNT))
}

/** The row. */
export function rows() {
  return [
    {
      id: 'costs',
      title: 'What single calls cost',
      note: 'Processor time of one, both ends in one process where there are two.',
      figures: ['ns'],
      base: null,
      contestants: Object.entries(names).map(([role, name]) => ({
        name,
        own: false,
        run: (round) => cost(round, role),
      })),
    },
  ]
}
