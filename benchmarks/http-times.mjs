#!/usr/bin/env node
/**
 * How long hits and answers take over HTTP, by the service's own clock: the sample queries one after the other, round after round.
 * The first round also fills the caches.
 *
 *   npm start                                     # in another terminal, on a computer that does nothing else
 *   node benchmarks/http-times.mjs --rounds 2
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    queries: { type: 'string', default: 'samples/queries.jsonl' },
    rounds: { type: 'string', default: '2' },
  },
});

const queries = readFileSync(values.queries, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line).query);

for (let round = 1; round <= Number(values.rounds); round++) {
  const [hits, answers, reasons] = [[], [], {}];
  for (const query of queries) {
    const reply = await fetch(`${values.url}/v1/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    if (!reply.ok) throw new Error(`${query}: ${reply.status} ${await reply.text()}`);
    const { timings, answerStatus } = await reply.json();
    hits.push(timings.hitsMs);
    // Of those alone for which something was written.
    if (timings.generationMs !== undefined) answers.push(timings.totalMs);
    reasons[answerStatus.reason] = (reasons[answerStatus.reason] ?? 0) + 1;
  }
  console.log(`round ${round}: hits ${described(hits)}; answers ${described(answers)}; ${JSON.stringify(reasons)}`);
}

function described(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(0) ?? '-';
  return `p50 ${at(0.5)}, p95 ${at(0.95)} ms (${times.length})`;
}
