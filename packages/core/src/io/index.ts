/** Reading and copying as Go's io and bufio do it, and the PROXY protocol, over any connection. */
export * from '@net/io/bufio'
export * from '@net/io/proxy'
