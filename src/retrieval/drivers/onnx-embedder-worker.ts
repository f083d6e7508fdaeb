import { Tensor } from 'onnxruntime-node';
import { padBatch } from '../../onnx/batch.js';
import { openSession } from '../../onnx/session.js';
import { loadTokenizer } from '../../onnx/tokenizer.js';
import type { WorkerInit } from '../../onnx/worker-module.js';

export interface EmbedderWorkerOptions {
  modelPath: string;
  tokenizerPath: string;
  maxTokens: number;
  dimensions: number;
}

/**
 * Embeds texts: unit vectors one after the other, shape [texts, dimensions]. Each text is a run of its own: that is
 * faster than padded batches (its activations stay in the cache), and a vector does not depend on its neighbours, which a
 * quantised model scales together.
 */
export const init: WorkerInit<EmbedderWorkerOptions> = async (options, { threads }) => {
  const tokenizer = await loadTokenizer(options.tokenizerPath);
  const session = await openSession(options.modelPath, { threads });

  async function embedOne(text: string): Promise<Float32Array> {
    const { columns, inputIds, attentionMask } = padBatch([tokenizer.encode(text, options)], 0);
    const { embedding } = await session.run({
      input_ids: new Tensor('int64', inputIds, [1, columns]),
      attention_mask: new Tensor('int64', attentionMask, [1, columns]),
    });
    const vector = embedding?.data;
    if (vector instanceof Float32Array && vector.length === options.dimensions) return vector;
    throw new Error(`${options.modelPath}: expected the output 'embedding' of 1 x ${options.dimensions}`);
  }

  return {
    handlers: {
      async embed(texts: string[], signal: AbortSignal): Promise<Float32Array> {
        const vectors = new Float32Array(texts.length * options.dimensions);
        for (const [index, text] of texts.entries()) {
          if (signal.aborted) break; // Nobody waits for the result.
          vectors.set(await embedOne(text), index * options.dimensions);
        }
        return vectors;
      },
    },
    dispose: () => session.release(),
  };
};
