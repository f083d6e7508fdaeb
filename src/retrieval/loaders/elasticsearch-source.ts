import { readFile } from 'node:fs/promises';
import { Client, errors, type estypes } from '@elastic/elasticsearch';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type ConnectionSettings, certificateError, readConnection } from '../elasticsearch-connection.js';
import { fieldMappingSchema, mapFields } from './field-mapping.js';
import type { Loaded, LoaderOptions } from './loader.js';
import { toDocument } from './record.js';

/** What a `.source.yaml` file says: which index to read, and what its fields are. */
const sourceSchema = z.strictObject({
  elasticsearch: z.strictObject({
    url: z.url(),
    /** An index, an alias or a pattern. */
    index: z.string().min(1),
    /** In the server's query language. Without it, everything. */
    query: z.record(z.string(), z.unknown()).optional(),
    /** Documents read at once. */
    batch: z.int().min(1).max(10_000).default(500),
  }),
  fields: fieldMappingSchema,
});

const SETTINGS: ConnectionSettings = {
  url: 'elasticsearch.url',
  cloudId: 'elasticsearch.url',
  caFile: 'CANDOR_SOURCE_CA_FILE',
};
const KEEP_ALIVE = '5m';

/**
 * The documents of an index as it was when reading began (a point in time), whatever is written to it meanwhile. What cannot
 * be read further ends this source only.
 */
export async function* loadElasticsearch(file: string, options: LoaderOptions): AsyncGenerator<Loaded> {
  let client: Client | undefined;
  let pit: string | undefined;
  let hasBegun = false;
  try {
    const { elasticsearch: source, fields } = readSource(await readFile(file, 'utf8'));
    client = new Client(readConnection({ ...options.elasticsearch, url: source.url }, SETTINGS));
    pit = (await client.openPointInTime({ index: source.index, keep_alive: KEEP_ALIVE })).id;
    let after: estypes.SortResults | undefined;
    do {
      const page: estypes.SearchResponse<Record<string, unknown>> = await client.search({
        pit: { id: pit, keep_alive: KEEP_ALIVE },
        size: source.batch,
        query: source.query as estypes.QueryDslQueryContainer | undefined,
        sort: ['_shard_doc'],
        track_total_hits: false,
        ...(after && { search_after: after }),
      });
      pit = page.pit_id ?? pit;
      hasBegun = true;
      for (const { _id, _source } of page.hits.hits) yield toLoaded(file, { _id, ..._source }, fields, options);
      after = page.hits.hits.at(-1)?.sort;
    } while (after);
  } catch (thrown) {
    const why = reasonOf(certificateError(thrown, SETTINGS) ?? thrown);
    yield { type: 'rejected', file, reason: `cannot be read${hasBegun ? ' from here on' : ''}: ${why}` };
  } finally {
    if (pit !== undefined) await client?.closePointInTime({ id: pit }).catch(() => undefined);
    await client?.close();
  }
}

function toLoaded(
  file: string,
  source: Record<string, unknown>,
  fields: z.infer<typeof fieldMappingSchema>,
  options: LoaderOptions,
): Loaded {
  const { record, headings, tables } = mapFields(source, fields);
  const document = toDocument(record, options);
  if (!('reason' in document)) return { type: 'document', document, headings, tables, file };
  return { type: 'rejected', file, reason: `${String(source._id)}: ${document.reason}` };
}

/** The server's own words where it said something: the client's message is only the name of the error. */
function reasonOf(error: unknown): string {
  const said = error instanceof errors.ResponseError ? (error.body as ServerError | undefined)?.error : undefined;
  const reason = said?.root_cause?.[0]?.reason ?? said?.reason;
  return reason ?? (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

interface ServerError {
  error?: { reason?: string; root_cause?: { reason?: string }[] };
}

function readSource(text: string): z.infer<typeof sourceSchema> {
  const parsed = sourceSchema.safeParse(parseYaml(text) ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`expected a source of documents; ${issues.join('; ')}`);
}
