import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const path = (name: string) => new URL(`../../samples/${name}`, import.meta.url);
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

interface SampleDocument {
  id: string;
  url: string;
  title: string;
  text: string;
  language: string;
  metadata: { source: string; licence: string };
}
interface SampleQuery {
  query: string;
  kind: string;
  documentIds?: string[];
  answer?: string;
  note?: string;
}

const documents: SampleDocument[] = lines(gunzipSync(readFileSync(path('corpus.jsonl.gz'))).toString('utf8'));
const queries: SampleQuery[] = lines(readFileSync(path('queries.jsonl'), 'utf8'));
const textById = new Map(documents.map(({ id, text }) => [id, text]));

describe('corpus', () => {
  it('is large enough to search and small enough to clone', () => {
    const words = documents.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0);
    expect(documents.length).toBeGreaterThanOrEqual(150);
    expect(words / 120).toBeGreaterThanOrEqual(3000); // passages hold 120 words at most
    expect(statSync(path('corpus.jsonl.gz')).size).toBeLessThan(4_000_000);
  });

  it('holds one complete record a line, with unique ids', () => {
    expect(textById.size).toBe(documents.length);
    for (const document of documents) {
      expect(document).toEqual({
        id: expect.stringMatching(/^(wikipedia|squad)-[a-z0-9-]+$/),
        url: expect.stringMatching(/^https:\/\/en\.wikipedia\.org\/wiki\/\S+$/),
        title: expect.stringMatching(/\S/),
        text: expect.stringMatching(/\S/),
        language: 'en',
        metadata: {
          source: expect.stringMatching(/^(wikipedia|squad)$/),
          licence: expect.stringMatching(/^CC-BY-SA-[34]\.0$/),
        },
      });
    }
  });

  it('is free of markup', () => {
    for (const { id, text } of documents) {
      expect(text.match(/<\/?[a-z]+>|\[citation needed\]|\[update\]|&(nbsp|amp);|\(\)/), id).toBeNull();
    }
  });

  it('comes with its licence and names every article', () => {
    expect(readFileSync(path('LICENSE.md'), 'utf8')).toContain('Attribution-ShareAlike 4.0 International');
    const attribution = readFileSync(path('ATTRIBUTION.md'), 'utf8');
    for (const { title, url } of documents) expect(attribution).toContain(`[${title}](${url})`);
  });
});

describe('queries', () => {
  it('come in five kinds', () => {
    const counts: Record<string, number> = {};
    for (const { kind } of queries) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual({ answerable: 24, unanswerable: 12, ambiguous: 8, keyword: 10, unsafe: 6 });
    expect(new Set(queries.map(({ query }) => query)).size).toBe(queries.length);
  });

  it.each(queries.filter(({ documentIds }) => documentIds))(
    '$query: its documents exist',
    ({ documentIds = [], answer }) => {
      for (const id of documentIds) {
        const text = textById.get(id);
        expect(text, id).toBeDefined();
        if (answer !== undefined) expect(text).toContain(answer);
      }
    },
  );

  it('state an answer and a document exactly where there is one', () => {
    for (const { query, kind, documentIds, answer } of queries) {
      if (kind === 'answerable') expect([documentIds?.length, typeof answer], query).toEqual([1, 'string']);
      if (kind === 'unanswerable' || kind === 'unsafe')
        expect([documentIds, answer], query).toEqual([undefined, undefined]);
    }
  });

  it('ask the unanswerable of a corpus that does not know', () => {
    // The words without which the question cannot be answered.
    const absent =
      /Everest|Canberra|Bitcoin|Python (programming )?language|van Rossum|Starry Night|moons of Jupiter|Brexit|Pattinson|COVID/;
    for (const { id, text } of documents) expect(text.match(absent), id).toBeNull();
  });
});
