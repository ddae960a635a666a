// One attack, in a process of its own until it is killed: `node attacker.mjs NAME PORT ECHO`.

const [name, port, echo] = process.argv.slice(2)
const { attack } = await import(`../attack/${name}.mjs`)
await attack({ port: Number(port), echo: Number(echo), begun: () => process.send('begun') })
