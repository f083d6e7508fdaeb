#!/usr/bin/env node
/**
 * Time and memory of evaluating ten runs of 1,000 topics by 1,000 documents in ten measures, beside ranx and pytrec_eval on
 * the same files: a process each, from reading the files to the figures.
 *
 *   npx tsc -p tsconfig.build.json
 *   python3 -m venv .venv && .venv/bin/pip install ranx pytrec_eval-terrier scipy
 *   node benchmarks/eval-runs.mjs --python .venv/bin/python --json figures.json
 *
 * Without --python only our own part is measured.
 */
import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    json: { type: 'string' },
    dir: { type: 'string', default: join(tmpdir(), 'candor-eval-benchmark') },
    runs: { type: 'string', default: '10' },
    topics: { type: 'string', default: '1000' },
    documents: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const [runCount, topics, documents] = [values.runs, values.topics, values.documents].map(Number);

/** In ours, in ranx's and in pytrec_eval's names. */
const MEASURES = [
  ['nDCG@10', 'ndcg@10', 'ndcg_cut_10'],
  ['nDCG@100', 'ndcg@100', 'ndcg_cut_100'],
  ['AP', 'map', 'map'],
  ['AP@100', 'map@100', 'map_cut_100'],
  ['RR', 'mrr', 'recip_rank'],
  ['P@10', 'precision@10', 'P_10'],
  ['R@100', 'recall@100', 'recall_100'],
  ['R@1000', 'recall@1000', 'recall_1000'],
  ['Rprec', 'r-precision', 'Rprec'],
  ['Bpref', 'bpref', 'bpref'],
];

const qrels = join(values.dir, 'qrels.txt');
const runs = Array.from({ length: runCount }, (_, index) => join(values.dir, `run${index}.txt`));
await makeFiles();

const ours = [
  process.execPath,
  [
    'dist/cli/main.js',
    'eval',
    'runs',
    '--qrels',
    qrels,
    '--runs',
    ...runs,
    '--measures',
    ...MEASURES.map(([name]) => name),
    '--baseline',
    'run0',
  ],
];
const json = join(values.dir, 'ours.json');
const sides = { candor: [ours[0], [...ours[1], '--json', json]] };
if (values.python) {
  const peer = (name, column, tests) => [
    values.python,
    [
      'benchmarks/eval_runs_peers.py',
      name,
      qrels,
      JSON.stringify(runs),
      MEASURES.map((row) => row[column]).join(' '),
      tests,
    ],
  ];
  sides['ranx, no tests'] = peer('ranx', 1, 'none');
  sides['ranx, t-tests'] = peer('ranx', 1, 'student');
  sides['pytrec_eval, no tests'] = peer('pytrec_eval', 2, 'none');
  sides['pytrec_eval, scipy tests'] = peer('pytrec_eval', 2, 'scipy');
}

const figures = {};
// Round after round, so that a change of the computer's load meets all of them.
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, [command, args]] of Object.entries(sides)) {
    const one = measure(command, args);
    const before = figures[name];
    figures[name] = {
      seconds: Math.min(one.seconds, before?.seconds ?? Infinity),
      processorSeconds: Math.min(one.processorSeconds, before?.processorSeconds ?? Infinity),
      peakMegabytes: Math.max(one.peakMegabytes, before?.peakMegabytes ?? 0),
    };
  }

const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} at the end, Node ${process.versions.node}`,
  runs: runCount,
  topics,
  documents,
  measures: MEASURES.map(([name]) => name),
  figures,
};
console.log(`${report.date}, ${report.machine}`);
console.log(
  `${runCount} runs, ${topics} topics, ${documents} documents each, ${MEASURES.length} measures; best of ${values.rounds} rounds\n`,
);
console.log(`${''.padEnd(30)}${'elapsed, s'.padStart(12)}${'processor, s'.padStart(14)}${'memory, MB'.padStart(12)}`);
for (const [name, { seconds, processorSeconds, peakMegabytes }] of Object.entries(figures))
  console.log(
    `${name.padEnd(30)}${seconds.toFixed(1).padStart(12)}${processorSeconds.toFixed(1).padStart(14)}${String(peakMegabytes).padStart(12)}`,
  );
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);

/** GNU time's figures: it sees the children's too. */
function measure(command, args) {
  const log = join(values.dir, 'time.txt');
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', '-o', log, command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 2).join(' ')}: ${stderr}`);
  const [seconds, user, system, kilobytes] = readFileSync(log, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { seconds, processorSeconds: user + system, peakMegabytes: Math.round(kilobytes / 1024) };
}

/** Runs as retrieval writes them: by topic, best first. Half of the judged documents are found, 100 a topic are judged. */
async function makeFiles() {
  if (existsSync(runs.at(-1))) return;
  mkdirSync(values.dir, { recursive: true });
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const id = (number) => `doc-${String(number).padStart(7, '0')}`;
  const judgements = createWriteStream(qrels);
  const judged = [];
  for (let topic = 0; topic < topics; topic++) {
    const numbers = new Set();
    while (numbers.size < 100) numbers.add(Math.floor(random() * 2_000_000));
    judged.push([...numbers]);
    judgements.write([...numbers].map((number) => `${topic} 0 ${id(number)} ${Math.floor(random() * 4)}\n`).join(''));
  }
  judgements.end();
  await finished(judgements);
  for (const [index, path] of runs.entries()) {
    const file = createWriteStream(path);
    for (let topic = 0; topic < topics; topic++) {
      const numbers = new Set(judged[topic].filter(() => random() < 0.5));
      while (numbers.size < documents) numbers.add(Math.floor(random() * 2_000_000));
      const scored = [...numbers].map((number) => [number, random() * 30]).sort((a, b) => b[1] - a[1]);
      const lines = scored.map(
        ([number, score], rank) => `${topic} Q0 ${id(number)} ${rank + 1} ${score.toFixed(6)} run${index}\n`,
      );
      if (!file.write(lines.join(''))) await new Promise((resolve) => file.once('drain', resolve));
    }
    file.end();
    await finished(file);
  }
}
