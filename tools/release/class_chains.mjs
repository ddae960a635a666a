import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { readPackages, root, sourceFiles } from './workspace.mjs'

/** @typedef {{ file: string, package: string, name: string, base: string | null, from: string | null }} Class */

/** The classes of a file; `from` is the module that the class they extend is imported from. @param {string} file @param {string} name */
function classesOf(file, name) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
  /** @type {Map<string, string>} */
  const imported = new Map()
  /** @type {Class[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const named = node.importClause?.namedBindings
      if (named !== undefined && ts.isNamedImports(named))
        for (const { name } of named.elements) imported.set(name.text, node.moduleSpecifier.text)
    }
    if (ts.isClassLike(node)) {
      const clause = node.heritageClauses?.find((c) => c.token === ts.SyntaxKind.ExtendsKeyword)
      const base = clause?.types[0]?.expression.getText() ?? null
      const from = base === null ? null : (imported.get(base) ?? null)
      found.push({ file, package: name, name: node.name?.text ?? '', base, from })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/**
 * What every class of the sources extends, and what that extends, as far as the classes are ours: `[['posix/src/x.ts', 'A', 'B',
 * 'C']]` for A that extends B, which extends C.
 *
 * @returns {string[][]}
 */
export function readChains() {
  const classes = readPackages().flatMap((p) => sourceFiles(p).flatMap((file) => classesOf(file, p.name)))
  /** @param {Class} c @returns {Class | undefined} */
  const baseOf = ({ file, base, from }) =>
    classes.find(
      (b) =>
        b.name === base &&
        (from === null || from.startsWith('.')
          ? b.file === (from === null ? file : join(dirname(file), from))
          : b.package === from),
    )
  return classes.map((c) => {
    const chain = [relative(join(root, 'packages'), c.file), c.name]
    for (let b = baseOf(c); b !== undefined; b = baseOf(b)) chain.push(b.name)
    return chain
  })
}
