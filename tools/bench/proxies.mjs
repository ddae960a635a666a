// SOCKS proxies of others on loopback: the one of ssh, through a server of its own with keys made for the run, and microsocks.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const PRIVSEP = '/run/sshd' // where sshd of root wants to find nothing

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until somebody listens on a port, or the process that is to do so has ended. */
async function listening(port, child) {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const there = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (there) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${child.spawnfile} ended with ${child.exitCode}`)
}

async function start(children, port, command, ...args) {
  const child = spawn(command, args, { stdio: 'ignore' })
  children.push(child)
  await listening(port, child)
}

async function startSSH(children, directory) {
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
  const config = join(directory, 'sshd_config')
  const [far, near] = [await freePort(), await freePort()]
  const lines = [
    `Port ${far}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'user.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'PidFile none',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  await start(children, far, '/usr/sbin/sshd', '-D', '-f', config)
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null']
  const [key, user] = [join(directory, 'user'), userInfo().username]
  const flags = [...options.flatMap((o) => ['-o', o]), '-F', 'none', '-N', '-i', key, '-p', far]
  await start(children, near, 'ssh', ...flags.map(String), '-D', `127.0.0.1:${near}`, `${user}@127.0.0.1`)
  return near
}

async function startMicrosocks(children) {
  const port = await freePort()
  await start(children, port, 'microsocks', '-i', '127.0.0.1', '-p', String(port))
  return port
}

const has = (...programs) => programs.every((program) => spawnSync('which', [program]).status === 0)

/** The proxies that are here, by name, and why the others are missing. */
export function findProxies() {
  const present = []
  const missing = []
  if (existsSync('/usr/sbin/sshd') && has('ssh', 'ssh-keygen')) present.push('ssh -D')
  else missing.push('ssh -D: openssh-server and openssh-client are not installed')
  if (has('microsocks')) present.push('microsocks')
  else missing.push('microsocks: not installed')
  return { present, missing }
}

/** Starts some of them: gives their ports by name, and what ends them. */
export async function startProxies(names) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const children = []
  const ports = {}
  const made = !existsSync(PRIVSEP) && process.getuid() === 0
  const stop = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const end = once(child, 'exit')
      child.kill()
      await end
    }
    rmSync(directory, { recursive: true })
    if (made && existsSync(PRIVSEP)) rmdirSync(PRIVSEP)
  }
  try {
    if (made) mkdirSync(PRIVSEP)
    for (const name of names)
      ports[name] = await (name === 'microsocks' ? startMicrosocks : startSSH)(children, directory)
  } catch (e) {
    await stop()
    throw e
  }
  return { ports, stop }
}
