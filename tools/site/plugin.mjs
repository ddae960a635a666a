import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  Converter,
  DocumentReflection,
  MinimalSourceFile,
  normalizePath,
  ReflectionKind,
  StructureRouter,
} from 'typedoc'
import { root } from '../release/workspace.mjs'
import { entries, groups } from './pages.mjs'

/** @typedef {import('typedoc').CommentDisplayPart} Part */

/** The group of a page. @param {string} file */
const groupOf = (file) => Object.entries(groups).find(([, files]) => files.includes(file))?.[0] ?? ''

/** The first heading of a page. @param {Part[]} parts */
function headingOf(parts) {
  const heading = /^\s*# (.*)(\n|$)/.exec(parts[0]?.text ?? '')
  if (heading === null) throw new Error(`a page begins with no heading but ${parts[0]?.text.slice(0, 80)}`)
  return heading
}

/** A page is called as its heading says. @param {import('typedoc').Application} app @param {import('typedoc').DocumentReflection} page */
function namePage(app, page) {
  const file = page.project.files.getReflectionPath(page) ?? ''
  page.frontmatter['group'] = groupOf(file)
  page.name = headingOf(page.content)[1] ?? ''
}

/** A module is called as programs import it, and begins with its package's README. @param {import('typedoc').Application} app @param {import('typedoc').ProjectReflection} project */
function nameModules(app, project) {
  for (const { name, file, dir, main } of entries) {
    const module = project.children?.find((c) => project.getSymbolIdFromReflection(c)?.fileName === file)
    if (module === undefined) throw new Error(`no module for ${file}`)
    module.name = name
    if (!main) continue
    const readme = normalizePath(join(dir, 'README.md'))
    project.files.registerReflectionPath(normalizePath(dir), module)
    project.files.registerReflectionPath(readme, module)
    const source = new MinimalSourceFile(readFileSync(readme, 'utf8'), readme)
    module.readme = app.converter.parseRawComment(source, project.files).content
    // The page has a heading of its own.
    const [first] = module.readme
    if (first !== undefined) first.text = first.text.slice(headingOf(module.readme)[0].length)
  }
}

/** Pages stand as they were given, then modules by their names. @param {import('typedoc').ProjectReflection} project */
function orderModules(project) {
  project.children?.sort((a, b) => (a.name < b.name ? -1 : 1))
  project.childrenIncludingDocuments = [...(project.documents ?? []), ...(project.children ?? [])]
}

/**
 * A comment may name what its own file does not import: no two packages export one name for different things, so the name
 * alone says what is meant.
 *
 * @param {import('typedoc').ProjectReflection} project
 */
function linkNames(project) {
  const named = new Map(
    project
      .getReflectionsByKind(ReflectionKind.SomeExport)
      .filter((r) => r.parent?.kind === ReflectionKind.Module)
      .map((r) => [r.name, r]),
  )
  for (const { comment } of Object.values(project.reflections)) {
    for (const part of [
      ...(comment?.summary ?? []),
      ...(comment?.blockTags ?? []).flatMap((tag) => tag.content),
    ]) {
      if (part.kind !== 'inline-tag' || part.target !== undefined) continue
      const target = named.get(part.text)
      if (target !== undefined) part.target = target
    }
  }
}

/** A page is found where its file is; all else by its module and its name. */
class PathRouter extends StructureRouter {
  /** @override @param {import('typedoc').Reflection} reflection */
  getIdealBaseName(reflection) {
    const file =
      reflection instanceof DocumentReflection && reflection.project.files.getReflectionPath(reflection)
    return typeof file === 'string'
      ? relative(root, file).replace(/\.md$/, '')
      : super.getIdealBaseName(reflection)
  }
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.defineRouter('path', PathRouter)
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => namePage(app, page))
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    nameModules(app, project)
    orderModules(project)
    linkNames(project)
  })
}
