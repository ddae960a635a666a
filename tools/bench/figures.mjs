// What rows tell. `more`: more of it is better.
const times = { p50: 'p50, µs', mean: 'mean, µs', p99: 'p99, µs' }
const cost = { cpu: 'CPU, µs', calls: 'system calls' }

const less = {
  ...times,
  ...cost,
  time: 'time, µs',
  coldTime: 'cold, µs',
  coldCPU: 'cold CPU, µs',
  warmTime: 'warm, µs',
  warmCPU: 'warm CPU, µs',
  coldPerGB: 'cold, sender’s CPU s/GB',
  perGB: 'sender’s CPU, s/GB',
  lost: 'lost, %',
  share: 'of a core, %',
  process: 'idle process, MiB',
  each: 'each connection, KiB',
  whole: 'process, MiB',
  part: 'each, KiB',
  alone: 'p50 alone, µs',
  beside: 'p50 beside them, µs',
  besideP99: 'p99 beside them, µs',
  times: 'beside / alone',
  v4: 'IPv4, ns',
  v6: 'IPv6, ns',
  start: 'start to end, ms',
  ns: 'CPU, ns',
  heap: 'heap of each, bytes',
  resident: 'RSS of each, bytes',
}

const more = {
  rate: 'thousands a second',
  sent: 'sent, k/s',
  received: 'received, k/s',
  coldThroughput: 'cold, GB/s',
  throughput: 'GB/s',
  encode: 'encoded, k/s',
  decode: 'decoded, k/s',
  made: 'made a second',
  speed: 'simulated s a second',
}

/** What is found out once and not in each round, so that nothing tells its spread. */
const single = ['calls']

/** Each figure's head in a table, whether more of it is better, and whether it is found out once only. */
export const figures = Object.fromEntries(
  Object.entries({ ...less, ...more }).map(([name, head]) => [
    name,
    { head, more: name in more, once: single.includes(name) },
  ]),
)

/** The figures of round trips. */
export const roundTripFigures = [...Object.keys(times), ...Object.keys(cost)]
