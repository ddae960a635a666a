// What a process has used, told by the kernel and not by the process, so that it is the same for every implementation.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** The processor time of all threads that a process has now, in microseconds (proc(5), schedstat). */
export function processorTime(pid) {
  let ns = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0])
  return ns / 1000
}

/** The resident memory of a process, in bytes. */
export function residentMemory(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024
}

/** The bytes that wait in the receive buffer of the UDP socket of a port of this machine. */
export function waitingBytes(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of readFileSync('/proc/net/udp', 'latin1').split('\n')) {
    const [, address, , , queues] = line.trim().split(/\s+/)
    if (address?.endsWith(local)) return parseInt(queues.split(':')[1], 16)
  }
  throw new Error(`nobody has UDP port ${port}`)
}

/** Why system calls cannot be counted here, or null. */
export function countingRefused() {
  const { error, status, stderr } = spawnSync('strace', ['-c', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return 'there is no strace'
  return status === 0 ? null : stderr.trim()
}

/** Counts the system calls that all threads of a process make while `work` goes on. */
export async function countCalls(pid, work) {
  const strace = spawn('strace', ['-c', '-f', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exit = once(strace, 'exit')
  const lines = createInterface({ input: strace.stderr })
  const said = lines[Symbol.asyncIterator]()
  const { value, done } = await said.next()
  if (done === true || !value.includes('attached')) throw new Error(`strace: ${value ?? 'ended'}`)
  const answer = await work()
  strace.kill('SIGINT')
  let calls = 0
  for (let line = await said.next(); line.done !== true; line = await said.next()) {
    const row = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*?(\S+)$/.exec(line.value)
    if (row !== null && row[2] !== 'total') calls += Number(row[1])
  }
  await exit
  return { answer, calls }
}
