import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ATTACK, CHOICES, cannedReply, NOTICE, SENTENCE } from './canned-replies.js';
import { type FakeService, startFakeService } from './fake-service.js';
import { LOW_CONTRAST } from './low-contrast.js';
import { startBrowser } from './start-browser.js';

let browser: Browser;
let service: FakeService;
let context: BrowserContext;
let page: Page;
/** What the browser complained about: breaches of the content security policy and errors of the page. */
let complaints: string[];
/** Requests to anywhere but the service. */
let strangers: string[];

beforeAll(async () => {
  browser = await startBrowser();
  service = await startFakeService(cannedReply);
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
});

beforeEach(async () => {
  await open();
});

afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
  expect(strangers).toEqual([]);
});

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  await context?.close();
  complaints = [];
  strangers = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A reply with status 503 is an error to the console too; the page's own words for it are tested.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(service.address)) strangers.push(request.url());
  });
}

const visit = (query: string, more = '') => page.goto(`${service.address}/?q=${encodeURIComponent(query)}${more}`);
const box = () => page.getByRole('searchbox');
const results = () => page.locator('.results > li');
const note = () => page.locator('.answer-note');
const titles = () => page.locator('.results h3').allTextContents();
/** Index of the result that holds the focus. */
const FOCUSED_RESULT = `[...document.querySelectorAll('.results > li')].indexOf(document.activeElement.closest('li'))`;
const number = (expression: string) => page.evaluate<number>(expression);

describe('search by keyboard', () => {
  it('types, sends with Enter, keeps the focus and reaches the first result with Tab', async () => {
    await page.goto(service.address);
    await page.getByRole('heading', { name: 'Ask the documents' }).waitFor();
    await page.keyboard.type('answer on top');
    await page.keyboard.press('Enter');
    await results().nth(9).waitFor();
    expect(await page.locator('#answer').count()).toBe(0);
    expect(await note().textContent()).toContain('Reading the sources');
    service.release();
    await page.locator('#answer').waitFor();
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    expect(new URL(page.url()).searchParams.get('q')).toBe('answer on top');
    expect(await page.title()).toBe('answer on top – Candor');
    // Search button, switch, link to the answer.
    for (let press = 0; press < 4; press++) await page.keyboard.press('Tab');
    expect(await page.evaluate(FOCUSED_RESULT)).toBe(0);
  });

  it('returns to the search box with / and skips to the results', async () => {
    await visit('who invented the piano');
    await page.locator('#answer').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the results');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Go to the answer');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('answer');
    await page.keyboard.press('/');
    await page.keyboard.type('x/y');
    expect(await box().inputValue()).toBe('x/y');
  });

  it('shows where the focus is on everything that takes it', async () => {
    await visit('who invented the piano');
    await page.locator('#answer').waitFor();
    const seen = new Set<string>();
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press('Tab');
      const [name, visible] = await page.evaluate<[string, boolean]>(
        `(() => { const e = document.activeElement, s = getComputedStyle(e);
          return [e.outerHTML.slice(0, 120), e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)]; })()`,
      );
      expect(visible, name).toBe(true);
      seen.add(name);
    }
    expect(seen.size).toBeGreaterThan(15);
  });
});

describe('the answer', () => {
  it('stands among the hits at its slot with its quote marked, its source and its confidence', async () => {
    await visit('who invented the piano');
    await page.locator('#answer').waitFor();
    expect((await titles()).slice(0, 3)).toEqual(['Piano', 'Answer', 'Harpsichord']);
    expect(await results().count()).toBe(11);
    const card = page.locator('#answer');
    expect(await card.locator('.answer-text').textContent()).toBe('Bartolomeo Cristofori');
    expect(await card.locator('blockquote mark').textContent()).toBe(SENTENCE);
    expect(await card.locator('blockquote mark b').textContent()).toBe('Bartolomeo Cristofori');
    expect(await card.locator('blockquote').textContent()).toContain('Keeper of the Instruments');
    expect(await card.getByRole('link', { name: 'Piano' }).getAttribute('href')).toBe(
      'https://en.wikipedia.org/wiki/Piano',
    );
    expect(await card.locator('summary').innerText()).toMatch(/High confidence\s+90\s% sure/);
    expect(await page.locator('.cited').count()).toBe(1);
    expect(await note().textContent()).toContain('It is result 2.');
    expect(await results().first().locator('mark').textContent()).toBe('piano');
  });

  it('gives every claim with its quote when sources disagree', async () => {
    await visit('sources disagree');
    const card = page.locator('#answer');
    await card.waitFor();
    expect(await card.locator('h3').textContent()).toBe('Sources disagree');
    expect(await card.locator('.answer-text').textContent()).toBe('Sources disagree: [1] says 1700, [2] says 1709.');
    expect(await card.locator('blockquote mark b').allTextContents()).toEqual(['1700', '1709']);
    const captions = await card.locator('figcaption').allInnerTexts();
    expect(captions[0]).toMatch(/^\[1\] .*dated 2020-05-01$/);
    expect(captions[1]).toMatch(/^\[2\] /);
    // Both cannot be right: the figure is about what the sources say, and both are sources.
    expect(await card.locator('summary').innerText()).toMatch(/Each source says so\s+91\s% sure/);
    expect(await page.locator('.cited').count()).toBe(2);
    expect(await page.getByRole('status').textContent()).toMatch(
      / \[2\] says 1709\. Each source says so, 91\s% sure\.$/,
    );
  });

  it('says as of when it holds', async () => {
    await visit('as of when');
    expect(await page.locator('#answer .as-of').innerText()).toBe('As of 2026-03-01');
  });

  it('stands beside the hits when asked to, where there is room, and moves none of them', async () => {
    await open({ viewport: { width: 1440, height: 900 } });
    await visit('answer on top', '&layout=side-panel');
    await results().nth(9).waitFor();
    const firstHit = `document.querySelector('.results > li').getBoundingClientRect()`;
    const before = [await number(`${firstHit}.top`), await number(`${firstHit}.left`)];
    service.release();
    await page.locator('#answer.beside').waitFor();
    expect([await number(`${firstHit}.top`), await number(`${firstHit}.left`)]).toEqual(before);
    const panel = `document.getElementById('answer').getBoundingClientRect()`;
    expect(await number(`${panel}.left`)).toBeGreaterThan(await number(`${firstHit}.right`));
    expect(await number(`${panel}.right`)).toBeLessThanOrEqual(1440);
    expect(await results().count()).toBe(10);
    expect(await note().textContent()).toContain('It stands beside the results.');
    expect(service.requests.at(-1)).toMatchObject({ answer: { layout: 'side-panel' } });
    await page.setViewportSize({ width: 900, height: 900 });
    expect(await number(`${panel}.bottom`)).toBeLessThanOrEqual(await number(`${firstHit}.top`));
  });

  it('explains its confidence to whoever asks, by keyboard too', async () => {
    await visit('who invented the piano');
    await page.locator('#answer summary').focus();
    expect(await page.locator('.explanation').isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    expect(await page.locator('.explanation').innerText()).toContain(
      'Of 100 answers with this figure, about 90 are right',
    );
  });

  it('is announced politely, without markup and without taking the focus', async () => {
    await visit('answer on top');
    await results().first().waitFor();
    const status = page.getByRole('status');
    expect(await status.getAttribute('aria-live')).toBe('polite');
    expect(await status.textContent()).toContain('First 10 results');
    service.release();
    await page.locator('#answer').waitFor();
    expect(await status.textContent()).toMatch(/It is result 1\. Bartolomeo Cristofori\. 90\s% sure\./);
  });

  it('moves nothing under the focus when it arrives above it, and says where it is', async () => {
    await open({ viewport: { width: 1280, height: 480 } });
    await visit('answer on top');
    await results().nth(3).getByRole('link').focus();
    const top = 'document.activeElement.getBoundingClientRect().top';
    const before = await number(top);
    service.release();
    await page.locator('#answer').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Fortepiano');
    expect(Math.abs((await number(top)) - before)).toBeLessThan(2);
    await page.getByRole('button', { name: 'Answer above' }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('answer');
    await page.getByRole('button', { name: 'Answer above' }).waitFor({ state: 'detached' });
  });

  it('moves nothing for a reader who has scrolled', async () => {
    await visit('answer on top');
    await results().nth(9).waitFor();
    await page.evaluate('window.scrollTo(0, 500)');
    const top = `[...document.querySelectorAll('.results > li')].find((e) => e.textContent.includes('passage 6:')).getBoundingClientRect().top`;
    const before = await number(top);
    service.release();
    await page.locator('#answer').waitFor();
    expect(Math.abs((await number(top)) - before)).toBeLessThan(2);
  });

  it('is pointed at when it stands further down', async () => {
    await visit('answer far below');
    await page.getByRole('button', { name: 'Answer below' }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('answer');
  });
});

describe('without an answer', () => {
  it.each([
    ['low-confidence', 'No answer is shown: the best one was only 43 % sure, too little to rely on.'],
    ['no-evidence', 'No answer is shown: no passage was found that could support one.'],
    ['declined', 'No answer is shown: the passages that were read do not say it.'],
    ['unsafe-query', 'No answer is shown: questions of this kind are searched, but not answered.'],
    ['deadline', 'No answer is shown: it was not ready in time.'],
    ['generator-unavailable', 'No answer is shown: the part that writes answers is not available.'],
  ])('says why: %s', async (reason, words) => {
    await visit(`no answer: ${reason}`);
    await page.locator('.answer-note.absent').waitFor();
    const text = (await note().innerText()).replaceAll('\u00a0', ' ');
    expect(text).toContain(words);
    expect(await results().count()).toBe(4);
    expect((await page.getByRole('status').textContent())?.replaceAll('\u00a0', ' ')).toContain(words);
    expect(text.includes(NOTICE)).toBe(reason === 'unsafe-query');
  });

  it.each([
    ['failed-check', 'its source does not bear it out'],
    ['not-a-question', 'the results are what this query asks for'],
    ['promise-broken', 'too many of late were wrong'],
  ])('says why: %s', async (reason, words) => {
    await visit(`no answer: ${reason}`);
    await page.locator('.answer-note.absent').waitFor();
    expect(await note().innerText()).toContain(words);
  });

  it('asks back with choices that can be clicked, and reached by keyboard', async () => {
    await visit('when did the revolution begin', '&layout=side-panel');
    const choices = page.locator('.choices a');
    await choices.first().waitFor();
    expect(await choices.allTextContents()).toEqual(CHOICES.map(({ label }) => label));
    expect(await note().innerText()).toContain('this may mean several things');
    await choices.nth(1).focus();
    await page.keyboard.press('Enter');
    await page.getByText(`Nothing was found for “${CHOICES[1]!.query}”.`).first().waitFor();
    const address = new URL(page.url()).searchParams;
    expect([address.get('q'), address.get('layout')]).toEqual([CHOICES[1]!.query, 'side-panel']);
    expect(await box().inputValue()).toBe(CHOICES[1]!.query);
    await page.goBack();
    await choices.first().waitFor();
  });

  it('says that answers are switched off, and switches them on', async () => {
    await visit('who invented the piano');
    await page.locator('#answer').waitFor();
    await page.getByRole('switch', { name: 'Answer when sure' }).click();
    await page.locator('.answer-note.absent').waitFor();
    expect(await note().innerText()).toContain('No answer is shown: answers are switched off.');
    expect(service.requests.at(-1)).toMatchObject({ answer: { mode: 'off' } });
    expect(page.url()).toContain('answer=off');
    await page.getByRole('button', { name: 'Switch answers on' }).click();
    await page.locator('#answer').waitFor();
  });

  it('says that the connection ended and keeps the hits', async () => {
    await visit('connection cut');
    await page.locator('.answer-note.interrupted').waitFor();
    expect(await note().innerText()).toContain('the connection ended');
    expect(await results().count()).toBe(4);
  });

  it('says that nothing was found and offers examples', async () => {
    await visit('xyzzy');
    await page.getByText('Nothing was found for “xyzzy”.').first().waitFor();
    expect(await page.locator('.examples a').count()).toBeGreaterThan(3);
  });

  it('says that a part of the search did not respond', async () => {
    await visit('half of it');
    expect(await page.locator('.degraded').innerText()).toContain('search by meaning');
  });
});

describe('problems', () => {
  it('explains an error in words, with its code, and tries again', async () => {
    await visit('busy');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain('The service is busy. Try again in a moment.');
    expect(await alert.innerText()).toContain('Code overloaded, request r-9');
    const asked = service.requests.length;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => service.requests.length).toBe(asked + 1);
  });

  it('shows the detail of a problem it does not know, as text', async () => {
    await visit('new failure');
    expect(await page.getByRole('alert').innerText()).toContain('Short and stout. <img');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });

  it('says when the service cannot be reached', async () => {
    await page.goto(service.address);
    await context.setOffline(true);
    await box().fill('who invented the piano');
    await box().press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('cannot be reached');
  });
});

describe('hostile content', () => {
  it('is shown as text, and only http addresses become links', async () => {
    await visit(ATTACK);
    await page.locator('#answer').waitFor();
    expect(await page.locator('#answer .answer-text').textContent()).toBe(ATTACK);
    expect(await box().inputValue()).toBe(ATTACK);
    expect(await page.locator('#page img, #page script').count()).toBe(0);
    const addresses = await page.evaluate<string[]>(`[...document.querySelectorAll('main a')].map((a) => a.href)`);
    expect(addresses.filter((address) => !/^https?:/.test(address))).toEqual([]);
    expect(await page.getByText('A script as address').count()).toBe(1);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });
});

describe('moving about', () => {
  it('goes back and forward through queries', async () => {
    await page.goto(service.address);
    await page.getByRole('link', { name: 'Who invented the piano?' }).click();
    await page.getByText('Nothing was found for “Who invented the piano?”.').first().waitFor();
    await box().fill('many hits');
    await box().press('Enter');
    await page.locator('#answer').waitFor();
    await page.goBack();
    await page.getByText('Nothing was found for “Who invented the piano?”.').first().waitFor();
    expect(await box().inputValue()).toBe('Who invented the piano?');
    await page.goBack();
    await page.getByRole('heading', { name: 'Ask the documents' }).waitFor();
    expect(await box().inputValue()).toBe('');
    await page.goForward();
    await page.goForward();
    await page.locator('#answer').waitFor();
    expect(await box().inputValue()).toBe('many hits');
  });

  it('leaves one entry behind when the same is asked twice', async () => {
    await page.goto(service.address);
    for (const _ of [1, 2]) {
      await box().fill('many hits');
      await box().press('Enter');
      await page.locator('#answer').waitFor();
    }
    await page.goBack();
    await page.getByRole('heading', { name: 'Ask the documents' }).waitFor();
  });

  it('cancels the earlier request when a new one starts', async () => {
    await visit('never answered');
    await results().first().waitFor();
    await box().fill('no answer: declined');
    await box().press('Enter');
    await page.locator('.answer-note.absent').waitFor();
    await expect.poll(() => service.cancelled).toContain('never answered');
    expect(await results().count()).toBe(4);
  });

  it('shows that it is searching when the hits take long', async () => {
    await visit('slow hits');
    await page.getByText('Searching …').waitFor();
    expect(await page.locator('main').getAttribute('aria-busy')).toBe('true');
    service.release();
    await page.locator('#answer').waitFor();
    expect(await page.locator('main').getAttribute('aria-busy')).toBe('false');
  });

  it('loads more results and goes on at the first new one', async () => {
    await visit('many hits');
    await page.locator('#answer').waitFor();
    const more = page.getByRole('button', { name: 'More results' });
    await more.focus();
    await page.keyboard.press('Enter');
    await results().nth(20).waitFor();
    expect(service.requests.at(-1)).toMatchObject({ offset: 10, answer: { mode: 'off' } });
    expect(await page.evaluate(FOCUSED_RESULT)).toBe(11);
    await more.click();
    await results().nth(23).waitFor();
    expect(await more.count()).toBe(0);
    expect(await page.locator('#answer').count()).toBe(1);
    expect(await page.evaluate(FOCUSED_RESULT)).toBe(21);
    expect(await page.locator('.summary').innerText()).toContain('23 results');
  });
});

describe('appearance', () => {
  const QUERIES = ['', 'who invented the piano', 'no answer: unsafe-query', 'busy', 'half of it', 'xyzzy', ATTACK];

  it.each(QUERIES)('needs no sideways scrolling at 360 px: %j', async (query) => {
    await open({ viewport: { width: 360, height: 700 } });
    await visit(query);
    await page.locator('.welcome, .answer-note:not(.pending), .problem').first().waitFor();
    expect(await number('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  it.each(['light', 'dark'] as const)('has enough contrast in %s', async (colorScheme) => {
    for (const query of QUERIES) {
      await open({ colorScheme, reducedMotion: 'reduce' });
      await visit(query);
      await page.locator('.welcome, .answer-note:not(.pending), .problem').first().waitFor();
      expect(await page.evaluate(LOW_CONTRAST), query).toEqual([]);
    }
  });

  it('speaks Chinese when asked to', async () => {
    await open({ locale: 'zh-CN' });
    await visit('no answer: declined');
    await page.getByText('没有显示答案：读过的段落没有提到这一点。').first().waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hans');
    await visit('no answer: declined', '&lang=en');
    await page.getByText('No answer is shown').first().waitFor();
  });
});
