#!/usr/bin/env node
/**
 * Peak memory of `candor eval runs` over runs of several sizes: it must not grow with the file. The runs go through a pipe, so
 * no disk is needed; their topics have 1,000 documents each, half of them are judged.
 *
 *   npm run build
 *   node benchmarks/eval-runs-size.mjs --gigabytes 0.5 --gigabytes 5 --json figures.json
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', multiple: true, default: ['0.5', '1.5', '5'] },
    json: { type: 'string' },
  },
});
const MEASURES = ['nDCG@10', 'AP', 'RR', 'P@10', 'R@100'];
const DOCUMENTS = 1_000;
const JUDGED_TOPICS = 5_000;
/** Every topic has a name of this width, so that a block becomes another topic's by writing over it. */
const name = (topic) => `q${String(topic).padStart(7, '0')}`;

const dir = mkdtempSync(join(tmpdir(), 'candor-eval-size-'));
try {
  const qrels = join(dir, 'qrels.txt');
  writeFileSync(qrels, judgements());
  const figures = [];
  for (const gigabytes of values.gigabytes.map(Number)) figures.push(await measure(gigabytes * 1e9, qrels));
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} at the end, Node ${process.versions.node}`;
  const report = { date: new Date().toISOString().slice(0, 10), machine, measures: MEASURES, figures };
  console.log(`${report.date}, ${machine}; ${MEASURES.join(', ')}\n`);
  console.log(
    `${'size, GB'.padStart(10)}${'lines'.padStart(14)}${'topics'.padStart(10)}${'memory, MB'.padStart(12)}${'elapsed, s'.padStart(12)}`,
  );
  for (const { bytes, lines, topics, peakMegabytes, seconds } of figures)
    console.log(
      `${(bytes / 1e9).toFixed(2).padStart(10)}${String(lines).padStart(14)}${String(topics).padStart(10)}` +
        `${String(peakMegabytes).padStart(12)}${seconds.toFixed(1).padStart(12)}`,
    );
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  rmSync(dir, { recursive: true });
}

function judgements() {
  const lines = [];
  for (let topic = 0; topic < JUDGED_TOPICS; topic++)
    for (let rank = 0; rank < 20; rank++)
      lines.push(`${name(topic * 2)} 0 msmarco_doc_${1_000_000 + rank * 7} ${rank % 3}\n`);
  return lines.join('');
}

async function measure(size, qrels) {
  const time = join(dir, 'time.txt');
  const candor = [process.execPath, 'dist/cli/main.js', 'eval', 'runs', '--qrels', qrels, '--runs', '-'];
  const child = spawn('/usr/bin/time', ['-f', '%e %M', '-o', time, ...candor, '--measures', ...MEASURES], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const block = Buffer.from(
    Array.from(
      { length: DOCUMENTS },
      (_, rank) => `${name(0)} Q0 msmarco_doc_${1_000_000 + rank} ${rank + 1} ${(30 - rank / 100).toFixed(6)} big\n`,
    ).join(''),
  );
  const starts = [0];
  for (let at = block.indexOf(10); at >= 0 && at + 1 < block.length; at = block.indexOf(10, at + 1))
    starts.push(at + 1);
  const topics = Math.ceil(size / block.length);
  for (let topic = 0; topic < topics; topic++) {
    const own = Buffer.from(block);
    for (const start of starts) own.write(name(topic), start, 'latin1');
    if (!child.stdin.write(own)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`candor eval runs ended with ${code}`);
  const [seconds, kilobytes] = readFileSync(time, 'utf8').trim().split(' ').map(Number);
  const peakMegabytes = Math.round(kilobytes / 1024);
  return { bytes: topics * block.length, lines: topics * DOCUMENTS, topics, peakMegabytes, seconds };
}
