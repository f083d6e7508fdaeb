import type { RankedDocument, Run } from './formats/run.js';
import { type JudgedRanking, type Judgements, judgedRanking, type TopicJudgements } from './judgements.js';
import { percentile } from './measures/percentile.js';
import type { ParsedMeasure } from './measures/ranking/parse-measure.js';

/**
 * A ranking whose first documents are put into the order of new scores; the others follow in their old order, with scores
 * below. Documents without a new score stand behind those that have one. Equal scores keep the old order in the list;
 * evaluation orders them by id, as always.
 *
 * @param scores By document id, of the first `depth` documents.
 */
export function rerankHead(
  ranking: readonly RankedDocument[],
  scores: ReadonlyMap<string, number>,
  depth: number,
): RankedDocument[] {
  const scoreOf = ({ documentId }: RankedDocument) => scores.get(documentId);
  const head = ranking.slice(0, depth);
  const scored = head
    .flatMap((document) => {
      const score = scoreOf(document);
      return score === undefined ? [] : [{ documentId: document.documentId, score }];
    })
    .sort((a, b) => b.score - a.score);
  const rest = [...head.filter((document) => scoreOf(document) === undefined), ...ranking.slice(depth)];
  const floor = scored.at(-1)?.score ?? 0;
  return [...scored, ...rest.map(({ documentId }, index) => ({ documentId, score: floor - 1 - index }))];
}

/** Quality and time of one depth. */
export interface DepthFigures {
  /** 0: the run as it came. */
  depth: number;
  /** Mean over the judged topics, by measure; `null` where no topic has a value. */
  measures: Record<string, number | null>;
  /** Of one query, in milliseconds, over the queries whose scores were not in the cache. */
  latencyMs: { p50: number | null; p95: number | null; queries: number };
  /** Queries that kept their old order. */
  failed: number;
}

/** What became of a run at one depth. */
export interface RerankedAtDepth {
  depth: number;
  run: Run;
  /** A time for each query that was measured. */
  latencyMs: readonly number[];
  failed: number;
}

export function depthFigures(
  runs: readonly RerankedAtDepth[],
  judgements: Judgements,
  measures: readonly ParsedMeasure[],
): DepthFigures[] {
  const judges = judgements.topics.map(judgeOf);
  return runs.map(({ depth, run, latencyMs, failed }) => {
    // A judged topic that the run lacks counts as an empty ranking.
    const rankings = judges.map(({ topic, judge }) => judge(run.topics.get(topic) ?? []));
    const means = measures.map((measure): [string, number | null] => {
      const values = rankings.map((ranking) => measure.topic(ranking)).filter((value) => value !== null);
      const sum = values.reduce((total, value) => total + value, 0);
      const mean = measure.aggregate === 'sum' ? sum : sum / values.length;
      return [measure.name, values.length === 0 ? null : mean];
    });
    return {
      depth,
      measures: Object.fromEntries(means),
      latencyMs: { p50: percentile(latencyMs, 0.5), p95: percentile(latencyMs, 0.95), queries: latencyMs.length },
      failed,
    };
  });
}

function judgeOf(judgements: TopicJudgements) {
  const { documents, topic } = judgements;
  const numbers = new Map(Array.from({ length: documents.size }, (_, number) => [documents.text(number), number]));
  const judge = (ranking: readonly RankedDocument[]): JudgedRanking =>
    judgedRanking(
      judgements,
      Int32Array.from(ranking, ({ documentId }) => numbers.get(documentId) ?? -1),
    );
  return { topic, judge };
}
