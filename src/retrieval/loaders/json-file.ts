import { readFile, stat } from 'node:fs/promises';
import { decodeUtf8, type Loaded, type LoaderOptions, MAX_RECORD_BYTES } from './loader.js';
import { toLoaded } from './to-loaded.js';

/** A JSON file: one record, a list of records, or a reply of MediaWiki's APIs. Of a list, each bad record is rejected alone. */
export async function* loadJsonFile(file: string, options: LoaderOptions): AsyncGenerator<Loaded> {
  try {
    const { size } = await stat(file);
    options.onBytes?.(size);
    const maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    if (size > maxBytes)
      throw new Error(`larger than ${maxBytes} bytes; a record a line (.jsonl) may be of any length`);
    const text = decodeUtf8(await readFile(file));
    if (text === null) throw new Error('not valid UTF-8');
    const value: unknown = JSON.parse(text);
    for (const record of Array.isArray(value) ? value : [value]) yield* toLoaded(record, { file }, options);
  } catch (error) {
    yield {
      type: 'rejected',
      file,
      reason: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
