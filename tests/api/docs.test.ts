import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ANSWER_REASONS } from '../../src/types.js';
import { buildService } from './service.js';

const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

describe('docs/api.md', () => {
  it.each(ANSWER_REASONS)('explains the reason %s', (reason) => {
    expect(text).toMatch(new RegExp(`^\\| \`${reason}\` \\| .+ \\|$`, 'm'));
  });

  it('names every route and every field of a search', async () => {
    const document = (await (await buildService()).inject('/openapi.json')).json();
    for (const path of Object.keys(document.paths)) expect(text).toContain(path);
    const body = document.paths['/v1/search'].post.requestBody.content['application/json'].schema;
    const schema = body.properties ? body : document.components.schemas[body.$ref.split('/').at(-1)];
    for (const field of Object.keys(schema.properties)) expect(text).toMatch(new RegExp(`\`${field}[\`.]`));
  });
});
