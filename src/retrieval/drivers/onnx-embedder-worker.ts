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

/** Tokenizes and embeds a batch of texts: unit vectors one after the other, shape [texts, dimensions]. */
export const init: WorkerInit<EmbedderWorkerOptions> = async (options, { threads }) => {
  const tokenizer = await loadTokenizer(options.tokenizerPath);
  const session = await openSession(options.modelPath, { threads });
  const padId = tokenizer.idOf('[PAD]') ?? 0;
  return {
    handlers: {
      async embed(texts: string[]): Promise<Float32Array> {
        const encoded = texts.map((text) => tokenizer.encode(text, { maxTokens: options.maxTokens }));
        const { rows, columns, inputIds, attentionMask } = padBatch(encoded, padId);
        const shape = [rows, columns];
        const { embedding } = await session.run({
          input_ids: new Tensor('int64', inputIds, shape),
          attention_mask: new Tensor('int64', attentionMask, shape),
        });
        const values = embedding?.data;
        if (!(values instanceof Float32Array) || values.length !== rows * options.dimensions) {
          throw new Error(`${options.modelPath}: expected the output 'embedding' of ${rows} x ${options.dimensions}`);
        }
        return values;
      },
    },
    dispose: () => session.release(),
  };
};
