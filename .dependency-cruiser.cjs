/**
 * Who may import whom. Arrows point at what is imported; nothing points up.
 *
 *   api   cli                                                              edges
 *     └────┴──▶ pipeline                                                   order of stages, choice of drivers
 *                 └──▶ query retrieval ranking generator reward …            capabilities
 *                           ├──▶ onnx (from drivers/ only)                 tools
 *                           └──▶ types errors                              nouns
 *   evaluation ──▶ nouns, counterfactual (imported by cli and benchmarks only)
 *   counterfactual ──▶ nothing
 */
const capabilities = 'query|retrieval|ranking|generator|reward|safety|experiments|feedback';

const arrow = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    arrow('no-cycles', 'Data goes one way.', {}, { circular: true }),
    arrow('resolvable', 'Every import exists and is declared in package.json.', {}, { couldNotResolve: true }),
    arrow(
      'declared-dependencies',
      'What runs is a dependency, not a dev dependency or a stranger.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    arrow(
      'nouns-import-nothing',
      'types.ts and answer-text.ts import nothing.',
      { path: '^src/(types|answer-text)\\.ts$' },
      { path: '.' },
    ),
    arrow(
      'errors-and-config-are-low',
      'errors.ts imports no file of ours; config.ts only errors.ts.',
      { path: '^src/(errors|config)\\.ts$' },
      { path: '^src/', pathNot: '^src/errors\\.ts$' },
    ),
    arrow(
      'config-from-the-top',
      'Drivers and capabilities get plain options; only edges and the pipeline read the configuration.',
      { path: '^src/', pathNot: '^src/(api|cli|pipeline)/' },
      { path: '^src/config\\.ts$' },
    ),
    arrow(
      'tools-are-low',
      'onnx imports nouns and itself.',
      { path: '^src/onnx/' },
      { path: '^src/', pathNot: '^src/(onnx/|types\\.ts$|errors\\.ts$)' },
    ),
    arrow(
      'counterfactual-is-pure',
      'Estimates from logs, shared by evaluation and experiments, import only each other.',
      { path: '^src/counterfactual/' },
      { path: '.', pathNot: '^src/counterfactual/' },
    ),
    arrow(
      'onnx-from-drivers-only',
      'Models are run by drivers; the composition root starts the pool, `candor models` verifies the files.',
      { path: '^src/', pathNot: '^src/(onnx/|[^/]+/drivers/|pipeline/create-pipeline\\.ts$|cli/models\\.ts$)' },
      { path: '^src/onnx/' },
    ),
    arrow(
      'capabilities-are-strangers',
      'What two capabilities share is a noun in types.ts; what joins them is the work of the pipeline.',
      { path: `^src/(${capabilities})/` },
      { path: `^src/(${capabilities})/`, pathNot: '^src/$1/' },
    ),
    arrow(
      'capabilities-do-not-look-up',
      'Nothing imports upward.',
      { path: `^src/(${capabilities})/` },
      { path: '^src/(pipeline|api|cli|evaluation)/' },
    ),
    arrow(
      'drivers-stand-alone',
      'A driver imports its own folder, onnx, nouns and outside packages; no other driver.',
      { path: '^src/[^/]+/drivers/' },
      { path: '^src/', pathNot: `^src/(onnx/|types\\.ts$|errors\\.ts$|(${capabilities})/)` },
    ),
    arrow(
      'drivers-from-the-composition-root',
      'Only create-pipeline.ts (and tests) know which driver is in use; a driver may have helper files beside it.',
      { path: '^src/', pathNot: '^src/(pipeline/create-pipeline\\.ts$|[^/]+/drivers/)' },
      { path: '^src/[^/]+/drivers/' },
    ),
    arrow(
      'pipeline-does-not-look-up',
      'The pipeline knows no edge and no evaluation.',
      { path: '^src/pipeline/' },
      { path: '^src/(api|cli|evaluation)/' },
    ),
    arrow(
      'api-takes-types-only',
      "HTTP uses a capability's interface as a type, never its code.",
      { path: '^src/api/' },
      { path: `^src/(${capabilities})/`, dependencyTypesNot: ['type-only'] },
    ),
    arrow(
      'api-is-http',
      'HTTP knows neither terminal nor evaluation nor models.',
      { path: '^src/api/' },
      { path: '^src/(cli|evaluation|onnx)/' },
    ),
    arrow(
      'evaluation-knows-nouns',
      'Evaluation knows runs, qrels and logs, not the service.',
      { path: '^src/evaluation/' },
      { path: '^src/', pathNot: '^src/(evaluation/|counterfactual/|types\\.ts$|errors\\.ts$|answer-text\\.ts$)' },
    ),
    arrow(
      'evaluation-for-cli-and-benchmarks',
      'Nothing that serves imports evaluation.',
      { path: '^src/', pathNot: '^src/(evaluation|cli)/' },
      { path: '^src/evaluation/' },
    ),
    arrow(
      'source-imports-source',
      'Shipped code imports no tests, benchmarks or scripts.',
      { path: '^src/' },
      { path: '^(tests|benchmarks|scripts|examples|web|training)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    extraExtensionsToScan: ['.json'],
  },
};
