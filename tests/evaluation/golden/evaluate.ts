import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type EvaluateOptions, evaluateRun } from '../../../src/evaluation/evaluate-runs.js';
import { readQrels } from '../../../src/evaluation/formats/qrels.js';
import { prepareJudgements } from '../../../src/evaluation/judgements.js';
import { parseMeasure } from '../../../src/evaluation/measures/ranking/parse-measure.js';

/** Values by measure, then topic; the mean (or sum) of a measure is that of `all`. */
export type Values = Map<string, Map<string, number>>;

/** What we say about a run. */
export async function evaluate(
  qrels: string,
  run: string,
  measures: readonly string[],
  options?: EvaluateOptions,
): Promise<Values> {
  const judgements = prepareJudgements(await readQrels(qrels));
  const parsed = measures.map(parseMeasure);
  const { values } = await evaluateRun({ name: 'run', path: run }, judgements, parsed, options);
  return new Map(
    parsed.map(({ name }, index) => {
      const { perTopic, mean } = values[index]!;
      const topics = new Map<string, number>();
      for (const [at, { topic }] of judgements.topics.entries())
        if (!Number.isNaN(perTopic[at]!)) topics.set(topic, perTopic[at]!);
      return [name, mean === null ? topics : topics.set('all', mean)];
    }),
  );
}

/** Where the public test files of other evaluators lie on a developer's computer; they are not part of the repository. */
export const GOLDEN = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

/** Why the tests that need these files are left out; `null` where they are there. */
export const missingGolden = existsSync(GOLDEN) ? null : `${GOLDEN} is not on this computer`;
