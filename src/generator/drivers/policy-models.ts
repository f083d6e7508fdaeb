import { Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { type ModelFolder, openModel } from '../../onnx/manifest.js';
import { openSession } from '../../onnx/session.js';
import { CachedGraph, type MaskFeeds } from './cached-graph.js';

const policySettings = z.object({
  lowerLayers: z.number().int().positive(),
  upperLayers: z.number().int().positive(),
  hidden: z.number().int().positive(),
  kvHeads: z.number().int().positive(),
  headDim: z.number().int().positive(),
  vocabulary: z.number().int().positive(),
  maxTokens: z.number().int().positive(),
});

const rewardSettings = z.object({ layers: z.number().int().positive(), policyLower: z.string() });

/** Both models as graphs that share their lower layers. */
export interface PolicyModels {
  lower: CachedGraph;
  upper: CachedGraph;
  /** `null` when no reward model is loaded. */
  reward: CachedGraph | null;
  /** Width of the hidden states. */
  hidden: number;
  vocabulary: number;
  /** Tokens that fit into the caches, branches counted one by one. */
  maxTokens: number;
  tokenizerPath: string;
  release(): Promise<void>;
}

/**
 * Opens the policy's folder and checks that it was trained with this prompt.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`.
 */
export async function openPolicyFolder(dir: string, promptVersion: string): Promise<ModelFolder> {
  const folder = await openModel(dir);
  checkPrompt(folder, promptVersion);
  return folder;
}

/** As `openPolicyFolder`, and checks that the reward model was trained on this policy's lower layers. */
export async function openRewardFolder(dir: string, promptVersion: string, policy: ModelFolder): Promise<ModelFolder> {
  const folder = await openModel(dir);
  checkPrompt(folder, promptVersion);
  const expected = policy.manifest.files['lower.onnx']?.sha256;
  const { policyLower } = settingsOf(folder, rewardSettings);
  if (policyLower !== expected) {
    throw corrupt(folder, `settings.policyLower ${expected} (lower.onnx of ${policy.dir})`, policyLower);
  }
  return folder;
}

/** Loads the graphs. For use inside a worker: running them blocks its thread. */
export async function loadPolicyModels(
  policy: ModelFolder,
  reward: ModelFolder | null,
  threads: number,
): Promise<PolicyModels> {
  const settings = settingsOf(policy, policySettings);
  const { hidden, vocabulary, maxTokens } = settings;
  const shape = { heads: settings.kvHeads, width: settings.headDim, capacity: maxTokens };
  const load = async (folder: ModelFolder, file: string, layers: number) =>
    new CachedGraph(await openSession(folder.path(file), { threads }), { ...shape, layers });
  policy.path('embedding.bin');
  const lower = await load(policy, 'lower.onnx', settings.lowerLayers);
  const upper = await load(policy, 'upper.onnx', settings.upperLayers);
  const graph = reward && (await load(reward, 'model.onnx', settingsOf(reward, rewardSettings).layers));
  return {
    lower,
    upper,
    reward: graph,
    hidden,
    vocabulary,
    maxTokens,
    tokenizerPath: policy.path('tokenizer.json'),
    async release() {
      await Promise.all([lower.release(), upper.release(), graph?.release()]);
    },
  };
}

export function idFeeds(ids: readonly number[], masks: MaskFeeds): MaskFeeds {
  return { ...masks, input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]) };
}

/** @param selected Which of the tokens get an output, at least one. */
export function hiddenFeeds(
  hidden: Float32Array,
  width: number,
  selected: readonly number[],
  masks: MaskFeeds,
): MaskFeeds {
  return {
    ...masks,
    hidden: new Tensor('float32', hidden, [1, hidden.length / width, width]),
    selected: new Tensor('int64', BigInt64Array.from(selected, BigInt), [selected.length]),
  };
}

function settingsOf<Settings>(folder: ModelFolder, schema: z.ZodType<Settings>): Settings {
  const parsed = schema.safeParse(folder.manifest.settings);
  if (!parsed.success) throw corrupt(folder, 'the settings of an exported policy', z.prettifyError(parsed.error));
  return parsed.data;
}

function checkPrompt(folder: ModelFolder, promptVersion: string): void {
  const found = folder.manifest.promptVersion;
  if (found !== promptVersion)
    throw corrupt(folder, `promptVersion ${promptVersion} (prompts/answer.json)`, found ?? 'none');
}

function corrupt(folder: ModelFolder, expected: string, found: string): ServiceError {
  const message = `${folder.dir}/manifest.json: expected ${expected}, found ${found}. Restore the folder from the repository.`;
  return new ServiceError('model-corrupt', { message });
}
