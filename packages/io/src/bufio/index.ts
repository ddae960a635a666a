/** Reading from connections what Go's packages io and bufio read: so many bytes, a line, all of it. */
export * from './buf_reader.ts'
export * from './copy.ts'
export * from './limit_reader.ts'
export * from './read_full.ts'
export type { Reader, Writer } from './reader.ts'
