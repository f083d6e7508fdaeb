import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealCalibrator } from '../../src/reward/calibrator.js';
import { DriftMonitor } from '../../src/reward/drift-monitor.js';
import { FileOverrides } from '../../src/safety/drivers/file-overrides.js';
import { withOverrides } from '../../src/safety/overrides.js';
import { buildService, post } from '../api/service.js';
import { allowAll, fakeCalibrator } from '../pipeline/fakes.js';
import { LOW_CONTRAST } from './low-contrast.js';
import { startBrowser } from './start-browser.js';

const pageDir = new URL('../../web/dist', import.meta.url).pathname;
const KEY = 'keeper-keeper-keeper';
const keys = [
  { key: KEY, scopes: ['admin'] },
  { key: 'reader-reader-reader', scopes: ['search', 'write'] },
];
const { version: _, ...content } = fakeCalibrator();
const calibrator = sealCalibrator({
  ...content,
  groups: [
    {
      ...{ language: 'zh', kind: 'keyword', isotonic: { scores: [0.5], values: [0.4] }, minConfidence: 0.92 },
      ...{ questions: 300, right: 200, precision: 0.9, precisionLow: 0.85, shown: 100, calibrationError: 0.03 },
    },
  ],
});
let browser: Browser;
let service: FastifyInstance;
let address: string;
let page: Page;
let dir: string;
const complaints: string[] = [];

/** The page as the service serves it, with its own headers; only what lies below HTTP is made up. */
beforeAll(async () => {
  browser = await startBrowser();
  dir = await mkdtemp(join(tmpdir(), 'candor-admin-'));
  const overrides = new FileOverrides(join(dir, 'overrides.jsonl'));
  service = await buildService({
    pageDir,
    env: { CANDOR_API_KEYS: JSON.stringify(keys) },
    parts: {
      watch: new DriftMonitor({ calibrator }),
      overrides,
      guard: withOverrides(allowAll, overrides),
    },
  });
  address = await service.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: 'Bearer reader-reader-reader' };
  await post(service, { query: 'buy a piano' }, headers);
  for (let count = 0; count < 25; count++) {
    const { requestId } = (await post(service, { query: 'Who invented the piano?' }, headers)).json();
    await service.inject({ method: 'POST', url: '/v1/feedback', payload: { requestId, right: count === 0 }, headers });
  }
  page = await browser.newPage({ locale: 'en-GB', viewport: { width: 360, height: 800 } });
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => {
    // A refused key is an error to the console, too; the page has words for it.
    if (!message.text().includes('Failed to load resource')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
  await rm(dir, { recursive: true, force: true });
});

const section = (name: string) => page.locator(`section[aria-labelledby="${name}"]`);
const key = () => page.getByLabel('API key with the scope admin');
const focused = () => page.evaluate<string>('document.activeElement.name ?? document.activeElement.textContent');

describe('the page of the administrator', () => {
  it.each(['/admin', '/admin/'])('asks for a key with the scope, at %s', async (path) => {
    await page.goto(address + path);
    await key().waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('scope admin');
    expect(await section('promise').count()).toBe(0);
    await page.keyboard.type('reader-reader-reader');
    await page.keyboard.press('Enter');
    await page.getByText('The credential lacks the scope admin.').waitFor();
    await page.evaluate('sessionStorage.clear()');
  });

  it('says by keyboard that answers are off, and why', async () => {
    await page.goto(`${address}/admin`);
    await key().waitFor();
    expect(await focused()).toBe('key');
    await page.keyboard.type(KEY);
    await page.keyboard.press('Enter');
    await section('promise').waitFor();
    const text = await section('promise').innerText();
    expect(text).toMatch(/Answers are off\. Too many of the answers that were judged of late were wrong/);
    expect(text).toMatch(/Bound\s+at least 90\.0 %, with 95\.0 % confidence/);
    expect(text).toMatch(/Judged of late\s+1 of \d+ right/);
    expect(text).toContain(calibrator.version);
    expect(await page.locator('table.groups tbody').innerText()).toMatch(
      /a few words, Chinese\s+0\.9200\s+–\s+all others\s+0\.8000\s+–/,
    );
    expect(await section('answers').innerText()).toMatch(/not-a-question\s+stay-silent\s+1/);
    expect(await page.evaluate('[localStorage.length, document.cookie, location.search]')).toEqual([0, '', '']);
    expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([KEY]);
  });

  it('fits on 360 pixels, is legible, and shows where the focus is', async () => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab');
      const visible = `(() => { const e = document.activeElement, s = getComputedStyle(e);
        return e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2); })()`;
      expect(await page.evaluate(visible), await focused()).toBe(true);
    }
  });

  it('adds a rule that holds, removes it, and logs both', async () => {
    const form = page.locator('form.rule');
    await form.getByLabel('for').selectOption('phrase');
    await form.getByLabel('Value').fill('crown jewels');
    await form.getByLabel('Why').fill('ticket 17');
    await page.keyboard.press('Enter');
    await page.getByText('The rule holds from the next query on.').waitFor();
    expect(await section('rules').locator('li').innerText()).toMatch(/block words in a query: crown jewels/);
    expect(await form.getByLabel('Value').inputValue()).toBe('');
    const asked = await post(
      service,
      { query: 'Who stole the crown jewels?' },
      { authorization: 'Bearer reader-reader-reader' },
    );
    expect(asked.json().safety).toMatchObject({ queryCategory: 'blocked' });
    await page.getByRole('button', { name: 'Remove crown jewels' }).click();
    await page.getByText('The rule is removed.').waitFor();
    expect(await section('rules').locator('li').count()).toBe(0);
    expect(await section('audit').locator('li strong').allTextContents()).toEqual(['removed', 'added']);
  });

  it('says what is wrong with a rule', async () => {
    const form = page.locator('form.rule');
    await form.getByLabel('Value').fill('…');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await section('rules').count()).toBe(1);
  });

  it('forgets what was seen when it is told to, and the key', async () => {
    await page.getByRole('button', { name: 'Forget what was seen' }).click();
    await page.getByText('What was seen is forgotten.').waitFor();
    expect(await section('promise').innerText()).toContain('Not known yet.');
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await key().waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('speaks Chinese to those who want it, and fits then too', async () => {
    await page.goto(`${address}/admin?lang=zh`);
    expect(await page.getByRole('alert').innerText()).toBe('需要具有 admin 权限的 API 密钥。');
    await page.keyboard.type('reader-reader-reader');
    await page.keyboard.press('Enter');
    await page.getByText('这个密钥没有 admin 权限。').waitFor();
    await page.keyboard.type(KEY);
    await page.keyboard.press('Enter');
    await section('promise').waitFor();
    expect(await page.evaluate('[document.documentElement.lang, document.title]')).toEqual([
      'zh-Hans',
      'Candor – 管理',
    ]);
    expect(await section('promise').innerText()).toMatch(/尚不清楚。/);
    expect(await page.locator('table.groups tbody').innerText()).toMatch(/关键词，中文\s+0\.9200\s+0\.9200/);
    // Reason codes, ids and names are the same in every language; sentences are not.
    expect(await page.locator('main').innerText()).not.toMatch(/[a-z]+ [a-z]+ [a-z]+/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
