// Runs under `unshare --mount --net`: lays files of a directory over those in /etc, starts nsd on port 53 of loopback, and
// then runs each program that a line of its input names, as a JSON array, and prints what it printed as a line of JSON.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const dir = process.argv[2] ?? ''
execFileSync('ip', ['link', 'set', 'lo', 'up'])
for (const name of ['resolv.conf', 'nsswitch.conf', 'hosts']) {
  execFileSync('mount', ['--bind', `${dir}/${name}`, `/etc/${name}`])
}
const nsd = spawn('nsd', ['-d', '-c', `${dir}/nsd.conf`], { stdio: 'ignore' })

/** @returns {Promise<boolean>} */
const listening = () =>
  new Promise((resolve) => {
    const socket = connect(53, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
while (nsd.exitCode === null && !(await listening())) await new Promise(setImmediate)
console.log(JSON.stringify({ stdout: nsd.exitCode === null ? 'ready' : 'nsd does not start' }))

for await (const line of createInterface({ input: process.stdin })) {
  const [program, ...args] = /** @type {[string, ...string[]]} */ (JSON.parse(line))
  const options = { cwd: import.meta.dirname, env: { ...process.env, GODEBUG: 'netdns=go' } }
  await new Promise((resolve) => {
    execFile(program, args, options, (_error, stdout, stderr) => {
      console.log(JSON.stringify({ stdout, stderr }))
      resolve(null)
    })
  })
}
nsd.kill()
