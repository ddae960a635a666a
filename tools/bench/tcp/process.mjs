// One side of a scenario in its own process: tells its parent the port or the times.
const [peer, role, scenario, size, count, port] = process.argv.slice(2)
const { run, serve } = await import(`./peer_${peer}.mjs`)

if (role === 'server') {
  await serve(scenario, Number(size), (port) => process.send({ port }))
  process.disconnect()
} else {
  const times = await run(scenario, Number(size), Number(count), Number(port))
  const { user, system } = process.cpuUsage()
  times.sort()
  process.send(
    {
      median: times[times.length >> 1],
      mean: times.reduce((a, b) => a + b) / times.length,
      p99: times[Math.floor(times.length * 0.99)],
      cpu: (user + system) / 1000,
    },
    () => process.disconnect(),
  )
}
