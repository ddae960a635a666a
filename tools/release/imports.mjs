import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * One module a source file names. `typeOnly`: nothing of it is left at run time.
 * @typedef {{ specifier: string, typeOnly: boolean }} Import
 */

/** Everything a TypeScript file imports: statements, re-exports, import(), import types and require(). @param {string} file @returns {Import[]} */
export function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
  /** @type {Import[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    const x = importOf(node)
    if (x !== null) found.push(x)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** @param {ts.Node} node @returns {Import | null} */
function importOf(node) {
  if (ts.isImportDeclaration(node)) {
    return literal(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return literal(node.moduleSpecifier, node.isTypeOnly)
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return literal(node.argument.literal, true)
  }
  if (ts.isCallExpression(node) && loads(node.expression)) return literal(node.arguments[0], false)
  return null
}

/** Whether calling this loads a module: import(), require(), require.resolve(), createRequire(...)(). @param {ts.Expression} callee */
function loads(callee) {
  return callee.kind === ts.SyntaxKind.ImportKeyword || /^(\w*[rR]equire\b)/.test(callee.getText())
}

/** @param {ts.Node | undefined} node @param {boolean} typeOnly @returns {Import | null} */
function literal(node, typeOnly) {
  return node !== undefined && ts.isStringLiteralLike(node) ? { specifier: node.text, typeOnly } : null
}

/** Whether a file has the given text as a whole string literal, whatever it is used for. @param {string} file @param {string} text */
export function hasString(file, text) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
  let found = false
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) && node.text === text) found = true
    if (!found) ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The package a specifier names: '@net/contract/suite' is '@net/contract'. @param {string} specifier */
export function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * A cycle in a graph, as the nodes along it with the first one repeated at the end; null when there is none.
 * @param {Map<string, string[]>} graph @returns {string[] | null}
 */
export function findCycle(graph) {
  const done = new Set()
  /** @type {string[]} */
  const path = []
  /** @param {string} node @returns {string[] | null} */
  const walk = (node) => {
    const at = path.indexOf(node)
    if (at >= 0) return [...path.slice(at), node]
    if (done.has(node)) return null
    path.push(node)
    for (const next of graph.get(node) ?? []) {
      const cycle = walk(next)
      if (cycle !== null) return cycle
    }
    path.pop()
    done.add(node)
    return null
  }
  for (const node of graph.keys()) {
    const cycle = walk(node)
    if (cycle !== null) return cycle
  }
  return null
}
