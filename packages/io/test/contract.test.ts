import type { TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type {
  ByteStreams,
  Conn,
  Deadline,
  File,
  FileGroup,
  FileLike,
  Filer,
  HalfCloser,
  InterfaceGroup,
  IPConn,
  IPRawSockGroup,
  IPSockGroup,
  Listener,
  LookupGroup,
  PacketConn,
  Target,
  TCPConn,
  TCPListener,
  TCPSockGroup,
  UDPConn,
  UDPSockGroup,
  UnixConn,
  UnixListener,
  UnixSockGroup,
} from '@net/contract'
import { ErrClosed, isErr, type NetError } from '@net/contract'
import { ConnStreams } from '../src/index.ts'
import { MemoryConn, memoryPair } from './memory/conn.ts'

describe('the types', () => {
  test('connections are what their networks make them', () => {
    expectTypeOf<TCPConn>().toExtend<Conn<TCPAddr> & ByteStreams & HalfCloser>()
    expectTypeOf<UnixConn>().toExtend<Conn<UnixAddr> & PacketConn<UnixAddr> & ByteStreams & HalfCloser>()
    expectTypeOf<TCPConn | TCPListener | UDPConn | UnixConn | UnixListener | IPConn>().toExtend<Filer>()
    expectTypeOf<File>().toExtend<FileLike & AsyncDisposable>()
    expectTypeOf<UDPConn>().toExtend<Conn<UDPAddr> & PacketConn<UDPAddr>>()
    expectTypeOf<UDPConn>().not.toExtend<ByteStreams>()
    expectTypeOf<UDPConn['read']>().returns.resolves.toEqualTypeOf<number>()
    expectTypeOf<Conn['read']>().returns.resolves.toEqualTypeOf<number | null>()
    expectTypeOf<TCPListener>().toExtend<Listener<TCPConn, TCPAddr>>()
    expectTypeOf<UnixListener>().toExtend<Listener<UnixConn, UnixAddr>>()
    expectTypeOf<MemoryConn>().toExtend<Conn & ByteStreams & HalfCloser>()
  })

  test('a Target is the sum of its groups', () => {
    expectTypeOf<Target>().toExtend<FileGroup & InterfaceGroup & IPRawSockGroup & IPSockGroup & LookupGroup>()
    expectTypeOf<Target>().toExtend<TCPSockGroup & UDPSockGroup & UnixSockGroup>()
    expectTypeOf<Target['name']>().toEqualTypeOf<string>()
    expectTypeOf<Deadline>().toEqualTypeOf<Date | number | null>()
    expectTypeOf(ErrClosed).toExtend<NetError>()
  })

  test('what must not compile does not', () => {
    const [c] = memoryPair()
    const conn: Conn = c
    // @ts-expect-error a string is no buffer
    const wrongRead = (): unknown => conn.read('text')
    // @ts-expect-error a string is no deadline
    const wrongDeadline = (): unknown => conn.setDeadline('tomorrow')
    // @ts-expect-error addresses are read only
    const wrongAddr = (): unknown => (conn.localAddr = conn.remoteAddr)
    expect([wrongRead, wrongDeadline, wrongAddr]).toHaveLength(3)
  })
})

describe('ConnStreams', () => {
  test('a chunk that is no Uint8Array fails the stream with TypeError', async () => {
    const [c] = memoryPair()
    const writer = c.writable.getWriter()
    writer.closed.catch(() => {})
    await expect(writer.write('text' as unknown as Uint8Array)).rejects.toThrow(TypeError)
    await c.close()
  })

  test('cancelling readable closes the connection, closing writable leaves it to the other end', async () => {
    const [c1, c2] = memoryPair()
    await c1.writable.close()
    expect(c1.reads.closed).toBe(null)
    await c1.readable.cancel()
    expect(c1.reads.closed).toBe(ErrClosed)
    expect((await c2.readable.getReader().read()).done).toBe(true)
    await c2.close()
  })

  test('aborting writable ends the write under way and closes the connection', async () => {
    const [c] = memoryPair()
    const writer = c.writable.getWriter()
    const writing = writer.write(new Uint8Array(1 << 20)).catch((e: unknown) => e)
    writer.closed.catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
    await writer.abort(new Error('enough'))
    expect(isErr(await writing, ErrClosed)).toBe(true)
    expect(c.writes.closed).toBe(ErrClosed)
  })

  test('a BYOB reader may use views of any kind', async () => {
    const [c1, c2] = memoryPair()
    await c2.write(new Uint8Array([1, 0, 2, 0]))
    const reader = c1.readable.getReader({ mode: 'byob' })
    const { value } = await reader.read(new DataView(new ArrayBuffer(4)))
    expect(value?.byteLength).toBe(4)
    await c1.close()
    await expect(reader.read(new Uint8Array(1))).rejects.toThrow('use of closed network connection')
  })

  test('ConnStreams makes both streams of any connection that can shut down its halves', async () => {
    const [c1, c2] = memoryPair()
    const { readable, writable } = new ConnStreams(c1)
    await writable.getWriter().write(new Uint8Array([7]))
    expect(await c2.read(new Uint8Array(1))).toBe(1)
    await c2.write(new Uint8Array([8]))
    expect((await readable.getReader().read()).value?.[0]).toBe(8)
    await c1.close()
  })
})
