#!/usr/bin/env node
/**
 * How long the service's event loop is held up: idle, while hits are found, and while answers are written. Nothing that takes
 * time may run on it, so that one request never waits for another's.
 *
 *   npm run build && npm start                                    # once, for the index of the sample corpus
 *   node benchmarks/event-loop.mjs --questions 20 --json figures.json
 *
 * The service is a process of its own with a probe in it. A busy computer delays an idle loop too, so the delay is read beside
 * the idle row; the work of the main thread is free of that.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    questions: { type: 'string', default: '20' },
    'at-once': { type: 'string', default: '2' },
    'idle-ms': { type: 'string', default: '10000' },
    'deadline-ms': { type: 'string', default: '20000' },
    port: { type: 'string', default: '8097' },
    json: { type: 'string' },
  },
});

/**
 * Loaded into the service: a message starts a new measurement and answers with the one before. `delay` is what
 * `monitorEventLoopDelay` sees, in which a busy computer has its part; `own` is processor time of the main thread between two
 * turns of a timer of 1 ms (Linux tells it), which it has not.
 */
const PROBE = `
import { closeSync, openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.send) {
  const resolutionMs = 1;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const buffer = Buffer.alloc(64);
  const processorMs = () => {
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, 64, 0));
    closeSync(file);
    return Number(text.split(' ')[0]) / 1e6;
  };
  let turns = [];
  let last = process.platform === 'linux' ? processorMs() : null;
  if (last !== null)
    setInterval(() => {
      const now = processorMs();
      turns.push(now - last);
      last = now;
    }, 1).unref();
  const quantiles = (at, max) => ({ p50: at(0.5), p99: at(0.99), p999: at(0.999), max });
  process.on('message', () => {
    const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    turns.sort((a, b) => a - b);
    process.send({
      delay: quantiles((share) => ms(delay.percentile(100 * share)), ms(delay.max)),
      own: last === null ? null : quantiles((share) => turns[Math.floor(share * turns.length)] ?? 0, turns.at(-1) ?? 0),
    });
    turns = [];
    delay.reset();
  });
  process.channel?.unref();
}
`;

const dir = mkdtempSync(join(tmpdir(), 'candor-event-loop-'));
const probe = join(dir, 'probe.mjs');
writeFileSync(probe, PROBE);
const service = spawn(
  process.execPath,
  ['--import', pathToFileURL(probe).href, 'dist/cli/main.js', 'serve', '--port', values.port],
  { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
);
const address = `http://127.0.0.1:${values.port}`;
try {
  await ready();
  const questions = readFileSync('samples/queries.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).query)
    .slice(0, Number(values.questions));
  await read();
  await askAll(questions.slice(0, 2), { deadlineMs: Number(values['deadline-ms']) });
  const rows = [['the first two questions', await read()]];
  await wait(Number(values['idle-ms']));
  rows.push(['idle', await read()]);
  await askAll(questions, { mode: 'off' });
  rows.push(['hits', await read()]);
  const outcomes = await askAll(questions, { deadlineMs: Number(values['deadline-ms']) });
  rows.push(['hits and answers', await read()]);

  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} at the end, Node ${process.versions.node}`;
  const report = { date: new Date().toISOString().slice(0, 10), machine, outcomes, ms: Object.fromEntries(rows) };
  console.log(`${report.date}, ${machine}`);
  console.log(`${questions.length} questions, ${values['at-once']} at once; ${JSON.stringify(outcomes)}\n`);
  const head = ['p50', 'p99', 'p999', 'max'];
  for (const [kind, title] of [
    ['own', 'work of the main thread, ms'],
    ['delay', 'delay of the event loop, ms'],
  ]) {
    console.log(`${title.padEnd(30)}${head.map((name) => name.padStart(10)).join('')}`);
    for (const [name, measured] of rows)
      if (measured[kind] !== null)
        console.log(`${name.padEnd(30)}${head.map((key) => measured[kind][key].toFixed(1).padStart(10)).join('')}`);
    console.log('');
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  service.kill('SIGTERM');
  rmSync(dir, { recursive: true });
}

async function ready() {
  for (let tries = 0; ; tries++) {
    const reply = await fetch(`${address}/readyz`).catch(() => null);
    if (reply?.ok) return;
    if (tries > 600 || service.exitCode !== null) throw new Error('the service does not start');
    await wait(500);
  }
}

async function read() {
  service.send('read');
  const [delay] = await once(service, 'message');
  return delay;
}

/** Asks a few at once; counts why there was an answer or none. */
async function askAll(questions, answer) {
  const left = [...questions];
  const outcomes = {};
  const ask = async () => {
    for (let query = left.shift(); query !== undefined; query = left.shift()) {
      const reply = await fetch(`${address}/v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, answer }),
      });
      const { answerStatus, code } = await reply.json();
      const outcome = answerStatus?.reason ?? code;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, ask));
  return outcomes;
}
