import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { readExports } from './declarations.mjs'

/**
 * What public comments leave out, by package, over the built declarations: `promises` says nothing of errors, `setters` nothing of
 * what they throw, `numbers` have no unit, `examples` are missing at functions and classes. Each entry names a place.
 *
 * @typedef {{ promises: string[], setters: string[], numbers: string[], examples: string[] }} Gaps
 */

/** The counts that were reached. A change may lower them, and then writes them anew: `node tools/release/doc_counts.mjs --write`. */
const reached = new URL('doc_counts.json', import.meta.url)

const errors = /\b(reject|throw|fail|error|never)/i
const units =
  /\b(\d|bytes?|bits?|milli|micro|seconds?|ms\b|how (many|much|often|long)|number|port|count|index|times|offset|length|size|hops|mode|flags?|zero|null|null;|version|protocol|epoch|identity|identifier|mtu|descriptor|user|group|process)/i
const unitNames =
  /(bytes|length|size|ms|seconds|milliseconds|microseconds|count|index|port|fd|errno|number|offset|mode|perm|tag|fid|type|code|flags?|level|name|n|at|start|end|on)$/i

/** @param {ts.Node} node */
const docOf = (node) =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((d) => d.getText())
    .join('\n')

/** The comments of all declarations of a symbol. @param {ts.Symbol} symbol */
const docsOf = (symbol) => (symbol.declarations ?? []).map(docOf).join('\n')

/** @param {ts.TypeNode | undefined} type */
const isPromise = (type) => type !== undefined && /^Promise</.test(type.getText())

/** @param {ts.TypeNode | undefined} type */
const isNumber = (type) =>
  type !== undefined && /^(readonly )?number( \| (null|undefined))*$/.test(type.getText())

/** Fills in the gaps of one member or function. @param {Gaps} gaps @param {string} name @param {ts.Node} node @param {string} around */
function inspect(gaps, name, node, around) {
  const doc = docOf(node)
  const callable =
    ts.isMethodSignature(node) || ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node)
  if (callable && isPromise(node.type) && !errors.test(doc + around)) gaps.promises.push(name)
  if (callable && /\.set[A-Z]/.test(name) && !errors.test(doc + around)) gaps.setters.push(name)
  const last = name.slice(name.lastIndexOf('.') + 1)
  const field = ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isGetAccessor(node)
  if (field && isNumber(node.type) && !units.test(doc) && !unitNames.test(last)) gaps.numbers.push(name)
  if (!callable) return
  for (const p of node.parameters) {
    const parameter = p.name.getText()
    if (isNumber(p.type) && !units.test(doc + around) && !unitNames.test(parameter))
      gaps.numbers.push(`${name}(${parameter})`)
  }
}

/** The gaps of every package that has been built. @returns {Record<string, Gaps>} */
export function readGaps() {
  return Object.fromEntries(
    readExports({ suites: false }).map(({ short, dir, exports }) => {
      const own = [...new Set(exports.values())].filter((symbol) =>
        symbol.declarations?.some((d) => d.getSourceFile().fileName.startsWith(`${dir}/dist/`)),
      )
      return [short, gapsOf(own)]
    }),
  )
}

/** @param {ts.Symbol[]} symbols @returns {Gaps} */
function gapsOf(symbols) {
  /** @type {Gaps} */
  const gaps = { promises: [], setters: [], numbers: [], examples: [] }
  for (const symbol of symbols) {
    const docs = docsOf(symbol)
    const first = symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)
    if (first && !docs.includes('@example')) gaps.examples.push(symbol.name)
    for (const declaration of symbol.declarations ?? []) {
      inspect(gaps, symbol.name, declaration, docs)
      if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) continue
      for (const member of declaration.members) {
        const name = member.name?.getText()
        if (name !== undefined && !name.startsWith('#')) inspect(gaps, `${symbol.name}.${name}`, member, docs)
      }
    }
  }
  return gaps
}

/** The numbers of gaps. @param {Record<string, Gaps>} gaps */
export function countsOf(gaps) {
  return Object.fromEntries(
    Object.entries(gaps).map(([short, { promises, setters, numbers, examples }]) => [
      short,
      {
        promises: promises.length,
        setters: setters.length,
        numbers: numbers.length,
        examples: examples.length,
      },
    ]),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const gaps = readGaps()
  if (process.argv.includes('--write')) writeFileSync(reached, `${JSON.stringify(countsOf(gaps), null, 2)}\n`)
  else console.log(JSON.stringify(gaps, null, 2))
}

/** The counts that stand in the file. @returns {ReturnType<typeof countsOf>} */
export function readReached() {
  return JSON.parse(readFileSync(reached, 'utf8'))
}
