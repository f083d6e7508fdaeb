import { stat } from 'node:fs/promises';
import { ServiceError } from '../errors.js';
import { ByteTable } from './byte-table.js';
import { duplicateDocument } from './formats/run.js';
import { scanRun } from './formats/scan-run.js';
import { type JudgedRanking, type Judgements, judgedRanking, type TopicJudgements } from './judgements.js';

export interface JudgeRunOptions {
  /** Only so many documents of each ranking, the best (trec_eval's `-M`). Default: all. */
  depth?: number;
}

/** What a reader of the figures should know about a run. */
export interface RunSummary {
  /** Last column of a TREC run; `null` in other formats. */
  tag: string | null;
  /** Judged topics that the run has. */
  topics: number;
  /** Topics that the run has and nobody judged: they are left out. */
  unjudgedTopics: number;
  /** Topics with documents of equal score; these are ranked by descending id, as in trec_eval. */
  tiedTopics: number;
  /** Documents of its longest ranking. */
  longest: number;
}

/**
 * Reads a run and hands over the ranking of every judged topic, once each. Documents are ranked by descending score in single
 * precision and, where scores are equal, by descending id (bytes), as in trec_eval; the rank column plays no part.
 *
 * Lines of a topic usually stand together, and then only one topic is in memory at a time. Where they do not, the file
 * is read a second time and held, in compact form.
 *
 * @param visit Gets the topic's index in `judgements.topics`. The ranking is gone after the call.
 * @throws ServiceError naming file and line; also for a document that occurs twice in a topic.
 */
export async function judgeRun(
  path: string,
  judgements: Judgements,
  visit: (topic: number, ranking: JudgedRanking) => void,
  { depth = Number.POSITIVE_INFINITY }: JudgeRunOptions = {},
): Promise<RunSummary> {
  const open = () => new RankingCollector(path, depth);
  const grouped = await scanGrouped(path, judgements, open(), visit);
  if (grouped) return grouped;
  if (!(await canBeReadAgain(path)))
    throw new ServiceError('invalid-request', {
      message: `${path}: comes back to a topic it has left, and cannot be read twice. Sort it by topic, or name a file.`,
    });
  return await scanUngrouped(path, judgements, open, visit);
}

/** Not so the standard input and pipes. */
async function canBeReadAgain(path: string): Promise<boolean> {
  return path !== '-' && (await stat(path)).isFile();
}

/** `null` when a topic comes back after others: then what was visited is not to be trusted. */
async function scanGrouped(
  path: string,
  judgements: Judgements,
  collector: RankingCollector,
  visit: (topic: number, ranking: JudgedRanking) => void,
): Promise<RunSummary | null> {
  const summary = { topics: 0, unjudgedTopics: 0, tiedTopics: 0, longest: 0 };
  const done = new Uint8Array(judgements.topics.length);
  const unjudged = new ByteTable();
  let last: Uint8Array = new Uint8Array(0);
  let topic = -1;
  let returned = false;
  const finish = () => {
    if (topic < 0) return;
    done[topic] = 1;
    summary.topics += 1;
    const ranking = collector.ranking();
    if (collector.tied) summary.tiedTopics += 1;
    summary.longest = Math.max(summary.longest, ranking.documents.length);
    visit(topic, ranking);
  };
  const { tag } = await scanRun(path, (bytes, topicStart, topicEnd, documentStart, documentEnd, score, line) => {
    if (returned) return;
    if (!equals(last, bytes, topicStart, topicEnd)) {
      finish();
      last = bytes.slice(topicStart, topicEnd);
      const hash = ByteTable.hash(bytes, topicStart, topicEnd);
      topic = judgements.topicIds.find(hash, bytes, topicStart, topicEnd);
      if (topic < 0) unjudged.add(hash, bytes, topicStart, topicEnd);
      else if (done[topic] === 1) returned = true;
      else collector.start(judgements.topics[topic] as TopicJudgements);
    }
    if (topic >= 0 && !returned) collector.add(bytes, documentStart, documentEnd, score, line);
  });
  if (returned) return null;
  finish();
  return { ...summary, unjudgedTopics: unjudged.size, tag };
}

async function scanUngrouped(
  path: string,
  judgements: Judgements,
  open: () => RankingCollector,
  visit: (topic: number, ranking: JudgedRanking) => void,
): Promise<RunSummary> {
  const collectors = new Map<number, RankingCollector>();
  const unjudged = new ByteTable();
  const { tag } = await scanRun(path, (bytes, topicStart, topicEnd, documentStart, documentEnd, score, line) => {
    const hash = ByteTable.hash(bytes, topicStart, topicEnd);
    const topic = judgements.topicIds.find(hash, bytes, topicStart, topicEnd);
    if (topic < 0) unjudged.add(hash, bytes, topicStart, topicEnd);
    else {
      let collector = collectors.get(topic);
      if (!collector) {
        collector = open();
        collector.start(judgements.topics[topic] as TopicJudgements);
        collectors.set(topic, collector);
      }
      collector.add(bytes, documentStart, documentEnd, score, line);
    }
  });
  const summary = { tag, topics: collectors.size, unjudgedTopics: unjudged.size, tiedTopics: 0, longest: 0 };
  for (const [topic, collector] of collectors) {
    const ranking = collector.ranking();
    if (collector.tied) summary.tiedTopics += 1;
    summary.longest = Math.max(summary.longest, ranking.documents.length);
    visit(topic, ranking);
  }
  return summary;
}

function equals(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false;
  for (let at = 0; at < own.length; at++) if (own[at] !== bytes[start + at]) return false;
  return true;
}

/** The documents of one topic, as they come. */
class RankingCollector {
  /** Whether two documents of the last ranking had equal scores. */
  tied = false;
  readonly #path: string;
  readonly #depth: number;
  readonly #documents = new ByteTable();
  #judgements: TopicJudgements | null = null;
  /** In single precision, as in trec_eval: what differs beyond its seven digits is equal. */
  #scores = new Float32Array(1024);
  /** Number among the judged documents, -1 where not judged. */
  #judged = new Int32Array(1024);

  constructor(path: string, depth: number) {
    this.#path = path;
    this.#depth = depth;
  }

  start(judgements: TopicJudgements): void {
    this.#judgements = judgements;
    this.#documents.clear();
  }

  add(bytes: Uint8Array, start: number, end: number, score: number, line: number): void {
    const judgements = this.#judgements as TopicJudgements;
    const hash = ByteTable.hash(bytes, start, end);
    const at = this.#documents.size;
    if (!this.#documents.add(hash, bytes, start, end))
      throw duplicateDocument(this.#path, line, judgements.topic, Buffer.from(bytes.subarray(start, end)).toString());
    if (at === this.#scores.length) this.#grow();
    this.#scores[at] = score;
    this.#judged[at] = judgements.documents.find(hash, bytes, start, end);
  }

  ranking(): JudgedRanking {
    const order = this.#order();
    const length = Math.min(order.length, this.#depth);
    const documents = new Int32Array(length);
    for (let rank = 0; rank < length; rank++) documents[rank] = this.#judged[order[rank] as number] as number;
    return judgedRanking(this.#judgements as TopicJudgements, documents);
  }

  /** Positions by rank. Runs mostly come in the order of their scores, so that at most ties have to be put in order. */
  #order(): Int32Array {
    const count = this.#documents.size;
    const scores = this.#scores;
    const order = new Int32Array(count);
    let sorted = true;
    this.tied = false;
    for (let at = 0; at < count; at++) {
      order[at] = at;
      if (at === 0) continue;
      const step = (scores[at - 1] as number) - (scores[at] as number);
      if (step < 0) sorted = false;
      else if (step === 0 || scores[at - 1] === scores[at]) this.tied = true;
    }
    if (!sorted) {
      order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || this.#tie(a, b));
      this.tied = this.#hasTies(order);
    } else if (this.tied) this.#sortTies(order);
    return order;
  }

  #tie(a: number, b: number): number {
    // `NaN` of two infinite scores comes here too.
    const [scoreA, scoreB] = [this.#scores[a] as number, this.#scores[b] as number];
    if (scoreA !== scoreB) return scoreB > scoreA ? 1 : -1;
    return this.#documents.compare(b, a);
  }

  #hasTies(order: Int32Array): boolean {
    for (let at = 1; at < order.length; at++)
      if (this.#scores[order[at - 1] as number] === this.#scores[order[at] as number]) return true;
    return false;
  }

  #sortTies(order: Int32Array): void {
    const scores = this.#scores;
    for (let from = 0; from < order.length; ) {
      let to = from + 1;
      while (to < order.length && scores[to] === scores[from]) to += 1;
      if (to - from > 1) order.subarray(from, to).sort((a, b) => this.#documents.compare(b, a));
      from = to;
    }
  }

  #grow(): void {
    const scores = new Float32Array(this.#scores.length * 2);
    scores.set(this.#scores);
    this.#scores = scores;
    const judged = new Int32Array(this.#judged.length * 2);
    judged.set(this.#judged);
    this.#judged = judged;
  }
}
