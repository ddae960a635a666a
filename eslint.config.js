import { fileURLToPath } from 'node:url'
import js from '@eslint/js'
import vitest from '@vitest/eslint-plugin'
import jsdoc from 'eslint-plugin-jsdoc'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Outside modules that only certain source files may import, and why. `typesToo`: a type import counts. */
const owned = [
  {
    modules: ['koffi'],
    files: ['packages/posix/src/ffi/**'],
    typesToo: true,
    message: 'FFI sits behind posix/src/ffi, so that another one can take its place.',
  },
  {
    modules: ['node:net', 'node:dgram', 'net', 'dgram'],
    files: ['packages/posix/src/hosted/**', 'packages/node/src/**'],
    message: "The host's sockets belong to posix/src/hosted and to the package node.",
  },
  {
    modules: ['node:tls', 'tls'],
    files: ['packages/node/src/**'],
    message: 'TLS has one home, the package node.',
  },
  {
    modules: ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'],
    files: [
      'packages/resolve/src/files/system_file.ts',
      'packages/posix/src/ffi/**',
      'packages/posix/src/{sys/descriptor,sock/file,interface/interface_linux,fd/sendfile,fd/sendfile_*}.ts',
      'packages/posix/src/hosted/**',
      'packages/plan9/src/tree/os_net.ts',
      'packages/netfs/src/{account/descriptors,serve/export,serve/listen}.ts',
      'packages/contract/src/suite/**',
      'packages/cli/src/**',
    ],
    message: 'Files are read only where a file is the subject (system files, os_net, sendfile, ...).',
  },
]

/** Packages that run anywhere, browsers included: nothing of Node but types. */
const pure = ['packages/{addr,udp-header,stubs,io,9p}/src/**', 'packages/contract/src/*.ts']

/** The import restriction for files matching a pattern of `owned`, or for those that own nothing. */
function restrict(pattern, extraPatterns = []) {
  const paths = owned
    .filter((o) => !o.files.includes(pattern))
    .flatMap((o) => o.modules.map((name) => ({ name, message: o.message, allowTypeImports: !o.typesToo })))
  const patterns = [
    { group: ['@net/*/src/*', '@net/*/dist/*'], message: "Other packages' inner files stay theirs." },
    ...extraPatterns,
  ]
  return { '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }] }
}

/** Syntax the project does without. */
const syntax = [
  ['ExportDefaultDeclaration', 'Export by name.'],
  ['TSExportAssignment', 'Export by name.'],
  ['TSEnumDeclaration', 'Use a union of literals or constants.'],
  ['TSModuleDeclaration[kind="namespace"]', 'Use a module.'],
  ['TSParameterProperty', 'Declare the field and assign it.'],
  ['Decorator', 'No decorators.'],
  [
    'CatchClause > Identifier.param[name!=/^(e|cause)$/]',
    'It is caught as `e`, or as `cause` where it becomes one.',
  ],
].map(([selector, message]) => ({ selector, message }))

/** The host's own classes: a value of another realm (a vm context, Jest, jsdom) is an instance of none of them. */
const builtins =
  '/^(Array|ArrayBuffer|SharedArrayBuffer|DataView|Buffer|[A-Za-z0-9]+Array|Date|Map|Set|WeakMap|WeakSet|RegExp|Promise|URL|' +
  'Abort(Controller|Signal)|Event(Target)?|DOMException|(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error|' +
  'Function|Object|String|Number|Boolean|BigInt|Symbol|(Readable|Writable|Transform)Stream|Blob|Headers|Re(quest|sponse))$/'

const realm = {
  selector: `BinaryExpression[operator="instanceof"][right.name=${builtins}]`,
  message:
    'A value of another realm is an instance of no class of ours: ask isBytes, isDate, isError, ... of @net/contract.',
}

/** The files that ask which system it is: what the others want to know of it is a fact with a name. */
const platformFiles = [
  'packages/core/src/targets/native.ts',
  'packages/netfs/src/base/system.ts',
  'packages/posix/src/abi/platform.ts',
  'packages/resolve/src/files/platform.ts',
]
const platform = {
  selector: 'MemberExpression[object.name="process"][property.name="platform"]',
  message: `What a system has is asked by name; only ${platformFiles.join(', ')} ask which it is.`,
}

/** Bytes have a byteLength, whatever they are a view of; `length` is for what has elements. */
const byteLength = {
  meta: { type: 'suggestion', schema: [], messages: { bytes: 'Bytes are counted by byteLength.' } },
  create(context) {
    const { getTypeAtLocation } = context.sourceCode.parserServices
    return {
      'MemberExpression[computed=false][property.name="length"]'({ object, property }) {
        const type = getTypeAtLocation(object)
        const isBytes = (t) => ['Uint8Array', 'Buffer'].includes(t.symbol?.name)
        if (type.isUnion() ? type.types.every(isBytes) : isBytes(type))
          context.report({ node: property, messageId: 'bytes' })
      },
    }
  },
}

/** What must carry a doc comment when it is exported. */
const documented = [
  'FunctionDeclaration',
  'ClassDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'ExportNamedDeclaration > VariableDeclaration',
]

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '**/coverage/', '**/.turbo/', 'test-data/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)),
      },
    },
    rules: {
      'no-restricted-syntax': ['error', ...syntax],
      'no-warning-comments': [
        'error',
        { terms: ['todo', 'fixme', 'xxx', 'not implemented'], location: 'anywhere' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-empty-function': ['error', { allow: ['arrowFunctions'] }],
      // A signal's reason is whatever its owner aborted with, and is passed on unchanged.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // A function that returns promises is async so that what it throws is a rejection.
      '@typescript-eslint/require-await': 'off',
      // It asks for `x!` in place of `x as T`, which the rule above forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // State changes during an await and in callbacks, which narrowing does not see.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Byte loops count indices.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { jsdoc, net: { rules: { 'byte-length': byteLength } } },
    rules: {
      ...restrict(),
      'no-restricted-syntax': ['error', ...syntax, realm, platform],
      'max-lines': ['error', 350],
      'net/byte-length': 'error',
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { FunctionDeclaration: false },
          contexts: documented,
          enableFixer: false,
        },
      ],
      'jsdoc/require-description': ['error', { contexts: ['any'] }],
    },
  },
  { files: platformFiles, rules: { 'no-restricted-syntax': ['error', ...syntax, realm] } },
  {
    files: pure,
    rules: restrict(undefined, [
      { group: ['node:*'], allowTypeImports: true, message: 'This package runs in a browser too.' },
    ]),
  },
  ...owned.flatMap((o) => o.files).map((pattern) => ({ files: [pattern], rules: restrict(pattern) })),
  {
    files: ['**/test/**/*.ts'],
    plugins: { vitest },
    rules: {
      'vitest/no-focused-tests': 'error',
      'vitest/no-disabled-tests': 'error',
      'vitest/warn-todo': 'error',
      'vitest/no-identical-title': 'error',
      'vitest/no-import-node-test': 'error',
      'vitest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', '**.assert', 'assert*', 'test*'] },
      ],
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  { files: ['packages/cli/**', 'examples/**', 'tools/**'], rules: { 'no-console': 'off' } },
  {
    // Tool configuration is read as a default export.
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        ...Object.fromEntries(
          [
            'AbortController',
            'AbortSignal',
            'Buffer',
            'URL',
            'clearTimeout',
            'console',
            'fetch',
            'performance',
          ]
            .concat([
              'process',
              'setImmediate',
              'setTimeout',
              'structuredClone',
              'TextDecoder',
              'TextEncoder',
            ])
            .map((name) => [name, 'readonly']),
        ),
      },
    },
    rules: { 'max-lines': ['error', 350] },
  },
)
