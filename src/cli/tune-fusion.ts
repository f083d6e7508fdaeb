import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServiceError } from '../errors.js';
import { bootstrap, type Estimate, meanOf } from '../evaluation/bootstrap.js';
import { qrelsOf } from '../evaluation/formats/qrels.js';
import type { RankedDocument, Run } from '../evaluation/formats/run.js';
import type { FusionOptions } from '../evaluation/fusion/fuse-runs.js';
import { type TunedFusion, tuneFusion } from '../evaluation/fusion/tune-fusion.js';
import { prepareJudgements } from '../evaluation/judgements.js';
import { parseMeasure } from '../evaluation/measures/ranking/parse-measure.js';
import { type Question, readQuestions, sampleQuestions } from '../evaluation/question.js';
import { openRetrievers } from '../pipeline/create-pipeline.js';
import { DEFAULT_FUSION, type FusionSettings } from '../retrieval/fusion.js';
import { retrieveMany } from '../retrieval/retrieve-many.js';
import type { RetrievalRequest } from '../retrieval/retriever.js';
import type { ScoredPassage } from '../types.js';
import { documentIdOf } from './corpus-documents.js';
import { interruptible } from './interruptible.js';
import { configWith } from './options.js';

export interface TuneCommandOptions {
  questions: string;
  output: string;
  measure: string;
  folds: number;
  limit?: number;
  seed: number;
  index?: string;
  tenant?: string;
}

const NOTHING_BETTER = 3;
/** Questions that are embedded and asked together. */
const QUESTIONS_AT_ONCE = 32;
/** Weights are tried in such steps. */
const WEIGHT_STEP = 0.1;

type Kind = 'lexical' | 'dense';

/** `candor tune`. */
export async function tuneFusionOfIndex(options: TuneCommandOptions): Promise<number> {
  const config = configWith({ CANDOR_INDEX_DIR: options.index, CANDOR_TENANT: options.tenant });
  const measure = parseMeasure(options.measure);
  const labelled = (await readQuestions(options.questions)).filter(({ documentIds }) => documentIds !== undefined);
  if (labelled.length < 2 * options.folds) {
    const message = `${options.questions}: expected at least ${2 * options.folds} questions with documentIds, found ${labelled.length}.`;
    throw new ServiceError('invalid-request', { message });
  }
  const questions = sampleQuestions(labelled, options.limit ?? labelled.length, options.seed);
  const runs = await interruptible((signal) => askRetrievers(config, questions, signal));
  const judged = questions.flatMap(({ id, documentIds = [] }) =>
    [...new Set(documentIds)].map((documentId) => ({ topic: id, documentId, relevance: 1, subtopic: '0' })),
  );
  const judgements = prepareJudgements(qrelsOf(judged));
  const common = { folds: options.folds, seed: options.seed, weightStep: WEIGHT_STEP, unitOf: documentIdOf };
  const tuned = tuneFusion(runs, judgements, measure, { ...common, methods: ['rrf', 'comb-sum'] });
  const usual = tuneFusion(runs, judgements, measure, {
    ...common,
    methods: ['rrf'],
    ks: [60],
    weightings: [undefined],
  });
  const figures = compare(tuned, usual);
  console.log(describe(measure.name, questions.length, tuned, figures));
  // Better by more than chance is asked of the difference on questions that the settings did not see.
  if ((figures.difference.low ?? 0) <= 0) {
    console.error('Not clearly better than what is used without a file: nothing is written.');
    return NOTHING_BETTER;
  }
  const settings = settingsOf(tuned.options);
  const fit = { measure: measure.name, questions: questions.length, ...figures };
  await mkdir(dirname(options.output), { recursive: true });
  await writeFile(options.output, `${JSON.stringify({ ...settings, fit }, null, 2)}\n`);
  console.error(`${options.output}: written. Serve with: CANDOR_FUSION_FILE=${options.output} candor serve`);
  return 0;
}

/** What each back end finds for each question, in passages. */
async function askRetrievers(
  config: ReturnType<typeof configWith>,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<Run[]> {
  const { embedder, retrievers, close } = await openRetrievers(config);
  try {
    const kinds = retrievers.map(({ kind }) => kind).sort();
    if (kinds.join() !== 'dense,lexical') {
      const message = `Expected a lexical and a dense back end to weigh, found ${kinds.join(' and ')} alone.`;
      throw new ServiceError('invalid-config', { message });
    }
    // In the order of the weights.
    const ordered = (['lexical', 'dense'] satisfies Kind[]).flatMap((kind) =>
      retrievers.filter((one) => one.kind === kind),
    );
    const runs = ordered.map(({ kind }): Run => ({ name: kind, topics: new Map() }));
    const access = { tenant: config.tenant, groups: [] };
    for (let start = 0; start < questions.length; start += QUESTIONS_AT_ONCE) {
      const group = questions.slice(start, start + QUESTIONS_AT_ONCE);
      const vectors = await embedder.embedQueries(
        group.map(({ question }) => question),
        signal,
      );
      const requests = group.map(
        ({ question }, at): RetrievalRequest => ({
          query: { text: question, access },
          queryVector: vectors[at],
          limit: config.retrieval.limit,
        }),
      );
      const found = await Promise.all(ordered.map((retriever) => retrieveMany(retriever, requests, signal)));
      for (const [index, rankings] of found.entries()) {
        for (const [at, passages] of rankings.entries())
          runs[index]?.topics.set(group[at]?.id ?? '', toRanking(passages));
      }
    }
    return runs;
  } finally {
    await close();
  }
}

const toRanking = (passages: readonly ScoredPassage[]): RankedDocument[] =>
  passages.map(({ passage, bm25Score, denseScore }) => ({
    documentId: passage.id,
    score: bm25Score ?? denseScore ?? 0,
  }));

interface Figures {
  /** Of each question with settings that did not see it. */
  heldOut: Estimate;
  /** Of the fusion that is used without a file. */
  usual: Estimate;
  difference: Estimate;
}

function compare(tuned: TunedFusion, usual: TunedFusion): Figures {
  const pairs = [...tuned.heldOut].map(([topic, value]) => ({ value, usual: usual.heldOut.get(topic) ?? 0 }));
  return bootstrap(pairs, {
    heldOut: meanOf((pair) => pair.value),
    usual: meanOf((pair) => pair.usual),
    difference: meanOf((pair) => pair.value - pair.usual),
  });
}

function describe(measure: string, count: number, tuned: TunedFusion, { heldOut, usual, difference }: Figures): string {
  const figure = ({ value, low, high }: Estimate) => `${value?.toFixed(4)} (${low?.toFixed(4)} to ${high?.toFixed(4)})`;
  return [
    `${measure} over ${count} questions, 95 % intervals in brackets`,
    `  without a file (${text(DEFAULT_FUSION)}): ${figure(usual)}`,
    `  tuned, on questions held out (${tuned.folds.length} folds, ${tuned.tried} settings): ${figure(heldOut)}`,
    `  difference: ${figure(difference)}`,
    `Best over all of them, which is too good to expect (${tuned.fittedMean.toFixed(4)}): ${text(settingsOf(tuned.options))}`,
    ...tuned.folds.map(
      ({ options, topics }, fold) => `  fold ${fold + 1} (${topics.length}): ${text(settingsOf(options))}`,
    ),
  ].join('\n');
}

function settingsOf({ method, k = 60, normalisation, weights = [1, 1] }: FusionOptions): FusionSettings {
  const [lexical = 1, dense = 1] = weights;
  if (method === 'rrf') return { method, k, weights: { lexical, dense } };
  return {
    method: 'comb-sum',
    normalisation: normalisation === 'z-score' ? 'z-score' : 'min-max',
    weights: { lexical, dense },
  };
}

function text(settings: FusionSettings): string {
  const { lexical, dense } = settings.weights;
  const how = settings.method === 'rrf' ? `rrf, k ${settings.k}` : `comb-sum, ${settings.normalisation}`;
  return `${how}, lexical ${lexical} to dense ${dense}`;
}
