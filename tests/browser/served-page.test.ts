import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { buildService } from '../api/service.js';
import { fakeParts } from '../pipeline/fakes.js';
import { startBrowser } from './start-browser.js';

const pageDir = new URL('../../web/dist', import.meta.url).pathname;
let browser: Browser;
let page: Page;
let service: FastifyInstance;
let address: string;
const complaints: string[] = [];

/** The page as the service serves it, with its own headers and frames; only what lies below HTTP is made up. */
beforeAll(async () => {
  browser = await startBrowser();
  const { passages } = fakeParts();
  service = await buildService({
    pageDir,
    parts: {
      passages: {
        async retrieve(query, ...more) {
          if (query.text === 'broken') throw new ServiceError('retrieval-unavailable');
          return passages.retrieve(query, ...more);
        },
      },
    },
  });
  address = await service.listen({ host: '127.0.0.1', port: 0 });
  page = await browser.newPage({ locale: 'en-GB' });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
});

describe('the page of the service', () => {
  it('shows hits and the cited answer, within the policy that the service sets', async () => {
    await page.goto(`${address}/?q=who+invented+the+piano`);
    await page.locator('#answer').waitFor();
    expect(await page.locator('#answer .answer-text').textContent()).toBe('Bartolomeo Cristofori');
    expect(await page.locator('#answer mark').textContent()).toBe('Bartolomeo Cristofori invented it in Florence.');
    expect(await page.locator('#answer figcaption a').getAttribute('href')).toBe('https://example.org/piano');
    expect(await page.locator('#answer summary').innerText()).toMatch(/95\s% sure/);
    expect(await page.locator('.results > li').count()).toBe(4);
    expect(complaints).toEqual([]);
  });

  it('says that answers are off', async () => {
    await page.goto(`${address}/?q=piano&answer=off`);
    await page.locator('.answer-note.absent').waitFor();
    expect(await page.locator('.answer-note').innerText()).toContain('answers are switched off');
    expect(complaints).toEqual([]);
  });

  it.each([
    ['retrieval-unavailable', 'broken', 'No part of the search responded.'],
    ['query-too-long', 'x'.repeat(2_001), 'The query is too long.'],
  ])('has words for a problem of the service: %s', async (code, query, words) => {
    await page.goto(`${address}/?q=${query}`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain(words);
    expect(await page.getByRole('alert').innerText()).toContain(code);
  });
});
