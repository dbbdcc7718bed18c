import tseslint from 'typescript-eslint'

/** Kernel folders know nothing of features. */
const kernel = ['providers', 'net', 'crypto', 'problems', 'db', 'auth', 'audit']
const features = [
  'oauth',
  'connections',
  'files',
  'uploads',
  'transfer',
  'documents',
  'storage',
  'imports',
  'knowledge',
  'users',
  'ui',
  'openapi',
  'docs',
]

export default tseslint.config(
  { ignores: ['build/', '.wrangler/', '.slipway/', 'node_modules/'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: kernel.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: features.map((folder) => ({
            group: [`**/${folder}/*`],
            message: 'The kernel never imports a feature.',
          })),
        },
      ],
    },
  },
  {
    // What is loaded into other people's pages stands alone.
    files: ['src/client/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: ['oauth', 'ui', 'crypto', 'problems', 'db', 'net', 'providers', 'files'].map(
            (folder) => ({
              regex: `^(\\.\\./)+${folder}/`,
              message: 'The client imports nothing of the Worker.',
            }),
          ),
        },
      ],
    },
  },
  {
    files: ['*.config.{js,ts}', 'test/*.config.ts', 'scripts/**', 'examples/**', 'test/bench/**'],
    rules: { 'no-restricted-exports': 'off', 'no-console': 'off' },
  },
)
