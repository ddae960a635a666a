// A server that lets in only clients which prove that they know a secret: it asks a question, and wants its HMAC.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import { type Attach, type OpenFile, serve9P, type ServerSession, type Tree, type TreeNode } from '@net/9p'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { importNet, type Authenticate, type ImportedNet, type ImportOptions } from '../src/index.ts'
import { exported } from './exported.ts'

const kernel = posix()
const secret = randomBytes(32)
const proof = (question: Uint8Array, uname: string): Buffer =>
  createHmac('sha256', secret).update(question).update(uname).digest()

const stat = {
  type: 0,
  dev: 0,
  mode: 0o444,
  atime: 0,
  mtime: 0,
  length: 0n,
  name: '/',
  uid: 'none',
  gid: 'none',
  muid: 'none',
}

class AuthFile implements OpenFile {
  readonly node: TreeNode
  /** Whom the client has proved to be. */
  user: string | null = null
  closed = false
  readonly #question = randomBytes(16)
  readonly #uname: string

  constructor(uname: string) {
    this.#uname = uname
    const qid = { type: 8, version: 0, path: 99n }
    this.node = { qid, open: () => this, stat: () => ({ ...stat, qid, name: 'auth' }) }
  }

  read(p: Uint8Array, offset: number): number {
    const part = this.#question.subarray(offset, offset + p.length)
    p.set(part)
    return part.length
  }

  write(p: Uint8Array): number {
    const wanted = proof(this.#question, this.#uname)
    if (p.length !== wanted.length || !timingSafeEqual(p, wanted)) throw new Error('wrong answer')
    this.user = this.#uname
    return p.length
  }

  close(): void {
    this.closed = true
  }
}

class SecretTree implements Tree {
  readonly files: AuthFile[] = []

  auth(uname: string): OpenFile {
    const file = new AuthFile(uname)
    this.files.push(file)
    return file
  }

  attach({ auth, uname }: Attach): TreeNode {
    if (!(auth instanceof AuthFile) || auth.user !== uname) throw new Error('you are not who you say')
    const qid = { type: 0x80, version: 0, path: 1n }
    const node: TreeNode = {
      qid,
      walk: () => node,
      open: () => ({ node, list: () => [] }),
      stat: () => ({ ...stat, qid }),
    }
    return node
  }
}

/** Imports from a server of the tree. */
async function importFrom(
  tree: Tree,
  options: ImportOptions,
): Promise<{ net: ImportedNet; served: ServerSession }> {
  const listener = await kernel.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const [conn, other] = await Promise.all([kernel.dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  const served = serve9P(other, tree)
  try {
    return { net: await importNet(conn, options), served }
  } catch (e) {
    await served.done // the import that failed has closed the connection
    expect([served.fids, served.openFiles]).toEqual([0, 0])
    throw e
  }
}

let check: () => Promise<void>
beforeAll(async () => {
  await (await kernel.listenTCP('tcp', null)).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const answer: Authenticate = async (file, { uname }) => {
  const question = new Uint8Array(16)
  // In two pieces: the file goes on where the last read ended.
  expect(await file.read(question.subarray(0, 5))).toBe(5)
  expect(await file.read(question.subarray(5))).toBe(11)
  expect(await file.write(proof(question, uname))).toBe(32)
}

test('importNet() proves who it is by `auth` where the server asks for it', async () => {
  const tree = new SecretTree()
  const { net, served } = await importFrom(tree, { uname: 'glenda', auth: answer })
  const file = await net.open('', 'r')
  await file.close()
  expect(tree.files.map((f) => [f.user, f.closed])).toEqual([['glenda', true]])
  expect([net.fids, served.fids]).toEqual([1, 1])
  await net.close()
  await served.done
})

test('an authentication that fails ends the import with its error', async () => {
  const wrong: Authenticate = async (file) => {
    await file.write(new Uint8Array(32))
  }
  await expect(importFrom(new SecretTree(), { auth: wrong })).rejects.toThrow('wrong answer')
  const idle: Authenticate = async () => {}
  await expect(importFrom(new SecretTree(), { auth: idle })).rejects.toThrow('you are not who you say')
})

test('without `auth` a server that asks for it is told of', async () => {
  const failed = importFrom(new SecretTree(), { uname: 'glenda' })
  await expect(failed).rejects.toThrow('the 9P server wants glenda to authenticate: you are not who you say')
})

test('a server that refuses to attach for another reason is told of in its own words', async () => {
  const tree: Tree = { attach: () => Promise.reject(new Error('no such tree')) }
  await expect(importFrom(tree, {})).rejects.toThrow(/^no such tree$/)
  await expect(importFrom(tree, { auth: answer })).rejects.toThrow(/^no such tree$/)
})

test('where the server says that it wants no authentication, `auth` is not called', async () => {
  await using far = await exported('tcp')
  const never: Authenticate = () => Promise.reject(new Error('called'))
  await using net = await importNet(await far.dial(), { auth: never, uname: 'glenda' })
  const file = await net.open('tcp/clone', 'rw')
  expect(await file.read(new Uint8Array(8))).toBe(1)
  await file.close()
})
