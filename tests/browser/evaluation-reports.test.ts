import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOW_CONTRAST } from './low-contrast.js';
import { startBrowser } from './start-browser.js';

const example = (name: string) =>
  pathToFileURL(fileURLToPath(new URL(`../../docs/examples/${name}.html`, import.meta.url))).href;
const report = example('runs-cacm');

describe('the reports of evaluations', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  async function open(options: { width: number; colorScheme: 'light' | 'dark' }, address = report): Promise<Page> {
    const { width, colorScheme } = options;
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
    expect(requests).toEqual([address]);
    return page;
  }

  const sizes = [
    { width: 360, colorScheme: 'light' },
    { width: 360, colorScheme: 'dark' },
    { width: 1280, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
  ] as const;
  const cases = ['runs-cacm', 'answers-dev'].flatMap((name) => sizes.map((options) => ({ name, ...options })));

  it.each(cases)('loads nothing else, fits and can be read: %j', async ({ name, ...options }) => {
    const page = await open(options, example(name));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width);
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await page.close();
  });

  it('shows one measure at a time, chosen by mouse or keyboard', async () => {
    const page = await open({ width: 1280, colorScheme: 'light' });
    const shown = () => page.locator('section[data-measure]:visible h2').first().textContent();
    expect(await shown()).toContain('nDCG@10');
    await page.getByText('AP', { exact: true }).locator('visible=true').last().click();
    expect(await shown()).toContain('AP:');
    await page.keyboard.press('ArrowRight');
    expect(await shown()).toContain('RR:');
    await page.close();
  });
});
