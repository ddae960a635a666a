/** How netx is called wrongly: its message is shown with the usage. */
export class UsageError extends Error {}

/** What netx can do. */
export const usage = `usage: netx dial [--timeout ms] [--wait ms] network address
       netx listen [--wait ms] network address
       netx resolve [network] address
       netx targets

networks: tcp, tcp4, tcp6, udp, udp4, udp6, unix
`
