import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { readPackages, root } from './workspace.mjs'

/**
 * What a package exports: by name, what the name stands for, wherever that is declared.
 * @typedef {{ short: string, dir: string, exports: Map<string, ts.Symbol> }} PackageExports
 */

/** The exports of every package, read from its built declarations. @param {{ suites: boolean }} options @returns {PackageExports[]} */
export function readExports({ suites }) {
  const packages = readPackages().map((p) => {
    const types = Object.values(p.manifest.exports).flatMap((entry) =>
      typeof entry === 'object' && entry !== null && 'types' in entry
        ? [join(p.dir, String(entry.types))]
        : [],
    )
    return { ...p, types: types.filter((file) => suites || !file.includes('/suite/')) }
  })
  const files = packages.flatMap(({ types }) => types)
  const missing = files.filter((file) => !existsSync(file))
  if (missing.length > 0) throw new Error(`build first: ${missing.map((f) => relative(root, f)).join(', ')}`)
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    noLib: true,
  })
  const checker = program.getTypeChecker()
  /** @param {ts.Symbol} s */
  const meant = (s) => (s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s)
  return packages.map(({ short, dir, types }) => {
    const modules = types.flatMap((file) => {
      const source = program.getSourceFile(file)
      return (source && checker.getSymbolAtLocation(source)) ?? []
    })
    const symbols = modules.flatMap((module) => checker.getExportsOfModule(module))
    return { short, dir, exports: new Map(symbols.map((s) => [s.name, meant(s)])) }
  })
}
