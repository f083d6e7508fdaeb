import { z } from 'zod';
import { abortError, ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import type { EntailmentChecker } from '../entailment.js';
import { ENTAILMENT_FEATURES, entailmentFeatures } from '../entailment-features.js';

const settingsSchema = z.looseObject({
  intercept: z.number(),
  weights: z.record(z.enum(ENTAILMENT_FEATURES), z.number()),
});

/**
 * A logistic regression over what quote and claim share: words, pairs of words, numbers, names, and whether one denies what
 * the other says. It knows no paraphrase: what is said in other words counts as missing.
 *
 * @param modelDir Folder with `manifest.json`.
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openTrainedEntailment(modelDir: string): Promise<EntailmentChecker> {
  const { manifest, modelId } = await openModel(modelDir);
  const parsed = settingsSchema.safeParse(manifest.settings);
  if (!parsed.success) {
    const message = `${modelDir}/manifest.json: ${z.prettifyError(parsed.error)}. Run: candor models verify`;
    throw new ServiceError('model-corrupt', { message, cause: parsed.error });
  }
  const { intercept, weights } = parsed.data;
  return {
    checkerId: modelId,
    async entails(claims, signal) {
      if (signal.aborted) throw abortError(signal);
      return claims.map(({ quote, claim }) => {
        const features = entailmentFeatures(quote, claim);
        const logit = ENTAILMENT_FEATURES.reduce((sum, name) => sum + weights[name] * features[name], intercept);
        return 1 / (1 + Math.exp(-logit));
      });
    },
  };
}
