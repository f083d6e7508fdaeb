import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ServiceError } from '../errors.js';
import { verifyModel } from '../onnx/manifest.js';
import { configWith } from './options.js';

/** `candor models verify`: are the model files what their manifests say? */
export function registerModels(program: Command): void {
  const models = program.command('models').description('the model files');
  models
    .command('verify')
    .description('compare every byte of the model files with their manifests')
    .argument('[names...]', 'folders under the models directory; all of them by default')
    .option('--models <dir>', 'models directory (CANDOR_MODELS_DIR)')
    .addHelpText(
      'after',
      `
Examples:
  $ candor models verify
  $ candor models verify policy reward --models /srv/candor/models`,
    )
    .action(verify);
}

async function verify(names: string[], options: { models?: string }): Promise<void> {
  const config = configWith({ CANDOR_MODELS_DIR: options.models });
  const wanted = names.length > 0 ? names : await namesIn(config.modelsDir, Object.values(config.models));
  let failed = 0;
  for (const name of wanted) {
    try {
      const { modelId, manifest } = await verifyModel(join(config.modelsDir, name));
      const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
      const files = Object.keys(manifest.files).length;
      console.log(`ok   ${name}: ${modelId}, ${files} files, ${(bytes / 1_048_576).toFixed(1)} MiB`);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failed += 1;
      console.log(`FAIL ${name}: ${error.message}`);
    }
  }
  if (failed > 0) {
    throw new ServiceError('model-corrupt', {
      message: `${failed} of ${wanted.length} models are not as they should be.`,
    });
  }
}

/** What is needed, and whatever else has a manifest. */
async function namesIn(dir: string, needed: readonly string[]): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new ServiceError('model-missing', { message: `${dir}: expected a folder of models, found none.`, cause });
  });
  const found = entries.filter(({ name, parentPath }) => name === 'manifest.json' && parentPath !== dir);
  const folders = found.map(({ parentPath }) => parentPath.slice(dir.length).replace(/^[/\\]+/, ''));
  return [...new Set([...needed, ...folders])].sort();
}
