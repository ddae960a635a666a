import { root } from '../release/workspace.mjs'
import { entries, groups } from './pages.mjs'

/** The options of the site. What pages are called, and where they stand, is in plugin.mjs. */
export default {
  name: 'net',
  plugin: ['./plugin.mjs'],
  basePath: root,
  entryPoints: entries.map(({ file }) => file),
  tsconfig: 'tsconfig.docs.json',
  skipErrorChecking: true, // that is `pnpm typecheck`
  readme: '../../README.md',
  projectDocuments: Object.values(groups).flat(),
  out: '../../site',
  router: 'path',
  disableSources: true, // there is no web page of the sources to lead to
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  hideGenerator: true,
  customCss: 'site.css',
  searchInComments: true,
  searchInDocuments: true,
  sort: ['alphabetical'],
  sortEntryPoints: false,
  headings: { readme: false },
  categorizeByGroup: false,
  navigation: { includeCategories: false, includeGroups: true, excludeReferences: true },
  groupOrder: [...Object.keys(groups), 'Modules', 'Functions', 'Classes', 'Interfaces', 'Type Aliases', '*'],
  highlightLanguages: ['ts', 'js', 'sh', 'json', 'yaml', 'console'],
  ignoredHighlightLanguages: ['rc'],
  validation: {
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notExported: false,
    notDocumented: false,
  },
  treatWarningsAsErrors: true,
}
