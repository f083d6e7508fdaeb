import { z } from 'zod';
import { abortError, ServiceError } from '../../errors.js';
import type { Candidate, Passage } from '../../types.js';
import { planCandidates } from '../candidate-plan.js';
import type { GenerationRequest, Generator } from '../generator.js';
import { type PromptTemplate, parseCompletion, passageText, promptPassage, questionText } from '../prompt.js';
import { supportingSentences } from '../supporting-sentences.js';

export interface OpenAiCompatibleOptions {
  /** Address of the server, such as `http://127.0.0.1:8000`; `/v1/completions` is added. */
  url: string;
  apiKey?: string;
  /** Name of the model on that server. It must be fine-tuned with our prompt. */
  model: string;
  template: PromptTemplate;
  /** @default 40 */
  maxAnswerTokens?: number;
  /** Of sampled candidates, above 0. @default 0.8 */
  temperature?: number;
  /** Of sampled candidates, 0..1. @default 0.95 */
  topP?: number;
}

/** First tokens whose log-probability is asked for, to read the probability of declining. */
const TOP_LOGPROBS = 5;

const replySchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string(),
        logprobs: z
          .object({
            token_logprobs: z.array(z.number().nullable()).nullish(),
            top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
          })
          .nullish(),
      }),
    )
    .min(1),
});

type Choice = z.infer<typeof replySchema>['choices'][number];

/** The policy behind an OpenAI-compatible completions endpoint, such as vLLM with the exported safetensors. */
export class OpenAiCompatibleGenerator implements Generator {
  readonly modelId: string;
  readonly promptVersion: string;
  readonly #options: OpenAiCompatibleOptions;

  constructor(options: OpenAiCompatibleOptions) {
    this.modelId = `${options.model}@openai-compatible`;
    this.promptVersion = options.template.version;
    this.#options = options;
  }

  async *generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<Candidate, void> {
    if (signal.aborted) throw abortError(signal);
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const running = new Map<string, Promise<{ key: string; candidates: Candidate[] }>>();
    const start = (key: string, work: Promise<Candidate[]>) => {
      const task = work.then((candidates) => ({ key, candidates }));
      task.catch(() => undefined);
      running.set(key, task);
    };
    for (const { passage: index, others: samples } of planCandidates(request.passages.length, request.candidates)) {
      const passage = request.passages[index] as Passage;
      start(`${index} greedy`, this.#complete(request, passage, 0, either));
      if (samples > 0) start(`${index} sampled`, this.#complete(request, passage, samples, either));
    }
    try {
      while (running.size > 0) {
        const { key, candidates } = await Promise.race(running.values());
        running.delete(key);
        yield* candidates;
      }
    } catch (cause) {
      if (signal.aborted) throw abortError(signal);
      throw cause instanceof ServiceError ? cause : new ServiceError('inference-failed', { cause });
    } finally {
      left.abort();
    }
  }

  async close(): Promise<void> {}

  /** @param samples 0 = the greedy one. */
  async #complete(
    { query, seed }: GenerationRequest,
    passage: Passage,
    samples: number,
    signal: AbortSignal,
  ): Promise<Candidate[]> {
    const { url, apiKey, model, template, maxAnswerTokens = 40, temperature = 0.8, topP = 0.95 } = this.#options;
    const shown = promptPassage(passage, template);
    const response = await fetch(`${url.replace(/\/+$/, '')}/v1/completions`, {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      body: JSON.stringify({
        model,
        prompt: passageText(shown, template) + questionText(query.text, template),
        max_tokens: maxAnswerTokens,
        n: Math.max(1, samples),
        temperature: samples > 0 ? temperature : 0,
        top_p: samples > 0 ? topP : 1,
        seed,
        stop: [template.end],
        logprobs: TOP_LOGPROBS,
      }),
    });
    if (!response.ok) {
      throw new ServiceError('inference-failed', { cause: new Error(`${url} answered ${response.status}`) });
    }
    const { choices } = replySchema.parse(await response.json());
    return choices.flatMap((choice) => {
      const answer = supported(choice.text, shown.sentences, template);
      if (answer === null) return [];
      return [
        {
          ...answer,
          passageId: passage.id,
          sampled: samples > 0 ? ('sampled' as const) : ('greedy' as const),
          meanTokenLogprob: meanLogprob(choice),
          declineProbability: declineProbability(choice, template.decline),
        },
      ];
    });
  }
}

/**
 * Nothing constrains that server, so the pointer is checked here: one that names no sentence is replaced by the first
 * sentence that holds the answer; without one there is no candidate.
 */
function supported(text: string, sentences: readonly string[], template: PromptTemplate) {
  const completion = parseCompletion(text, template);
  if (completion.declined) return { text: '', sentenceNumber: null, declined: true };
  if (completion.text === '') return null;
  const number = completion.sentenceNumber;
  if (number !== null && number >= 1 && number <= sentences.length) {
    return { text: completion.text, sentenceNumber: number, declined: false };
  }
  const holding = supportingSentences(completion.text, sentences);
  const [first] = holding;
  if (first === undefined || holding.length === sentences.length) return null;
  return { text: completion.text, sentenceNumber: first, declined: false };
}

function meanLogprob({ logprobs }: Choice): number {
  const values = (logprobs?.token_logprobs ?? []).filter((value) => value !== null);
  return values.length === 0 ? 0 : Math.min(0, values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** Of its first token: 0 when that is not among the likeliest. */
function declineProbability({ logprobs }: Choice, decline: string): number {
  const first = Object.entries(logprobs?.top_logprobs?.[0] ?? {});
  const beginnings = first.filter(([token]) => token.trim() !== '' && decline.startsWith(token));
  return Math.min(
    1,
    beginnings.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0),
  );
}
