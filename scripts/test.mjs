// npm test: lint, types, import rules, TypeScript tests, and what this computer allows of the rest.
// The last line is `N passed, N failed`. With CANDOR_CI=1 anything skipped is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);
const inCi = process.env.CANDOR_CI === '1';
const total = { passed: 0, failed: 0 };
const skipped = [];
const bin = (name) => join('node_modules', '.bin', name);

function run(command, args, { env = {}, cwd = '.' } = {}) {
  return spawnSync(command, args, { stdio: 'inherit', cwd, env: { ...process.env, ...env } }).status === 0;
}

function add(name, passed, failed) {
  total.passed += passed;
  total.failed += failed;
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${name}: ${passed} passed, ${failed} failed`);
}

function check(name, command, args) {
  const ok = run(command, args);
  add(name, ok ? 1 : 0, ok ? 0 : 1);
}

function skip(name, reason, enable) {
  skipped.push(name);
  console.log(`skip ${name}: ${reason}; to run them: ${enable}`);
  if (inCi) add(name, 0, 1);
}

function hasFiles(dir, ending) {
  return existsSync(dir) && readdirSync(dir, { recursive: true }).some((file) => file.endsWith(ending));
}

const reports = mkdtempSync(join(tmpdir(), 'candor-test-'));

function vitest(name, args, env) {
  const report = join(reports, `${name}.json`);
  const ok = run(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...args], {
    env,
  });
  if (!existsSync(report)) return add(name, 0, 1);
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that does not load fails without a test of its own.
  const brokenFiles = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = numFailedTests + brokenFiles.length;
  const pending = (numPendingTests ?? 0) + (numTodoTests ?? 0);
  add(name, numPassedTests, failed === 0 && !ok ? 1 : failed);
  if (pending > 0) skip(`${pending} of ${name}`, 'marked as skipped', 'see the reason beside each');
}

function pytest() {
  const report = join(reports, 'training.xml');
  const ok = run('.venv/bin/python', ['-m', 'pytest', '-q', 'tests', `--junitxml=${report}`], { cwd: 'training' });
  if (!existsSync(report)) return add('training', 0, 1);
  const suite = /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '';
  const number = (key) => Number(new RegExp(`${key}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  add('training', number('tests') - failed - number('skipped'), failed === 0 && !ok ? 1 : failed);
  if (number('skipped') > 0)
    skip(`${number('skipped')} of training`, 'marked as skipped', 'see the reason beside each');
}

function chromium() {
  const places = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return places.find((path) => path && existsSync(path));
}

check('lint', bin('biome'), ['check', '.']);
check('types', bin('tsc'), ['--noEmit']);
if (existsSync('web/tsconfig.json')) check('web types', bin('tsc'), ['--noEmit', '-p', 'web']);
check('arrows', process.execPath, ['scripts/arrows.mjs']);
vitest('unit', []);

if (!hasFiles('training/tests', '.py')) console.log('none training: no tests yet');
else if (existsSync('training/.venv/bin/pytest')) pytest();
else skip('training', 'there is no training/.venv (PyTorch, about 5 GB)', 'npm run training:setup');

const browser = chromium();
if (!hasFiles('tests/browser', '.test.ts')) console.log('none browser: no tests yet');
else if (browser) vitest('browser', ['--config', 'vitest.browser.config.ts'], { CHROMIUM_PATH: browser });
else skip('browser', 'no Chromium was found', 'apt-get install chromium, or CHROMIUM_PATH=… npm test');

const servers = ['ELASTICSEARCH_URL', 'QDRANT_URL'];
if (!hasFiles('tests/integration', '.test.ts')) console.log('none integration: no tests yet');
else if (servers.some((name) => process.env[name])) vitest('integration', ['--config', 'vitest.integration.config.ts']);
else skip('integration', 'no server is named', `${servers.join('=… ')}=… npm test`);

rmSync(reports, { recursive: true, force: true });
if (skipped.length > 0) console.log(`Skipped: ${skipped.join(', ')}; the command that enables each is above.`);
process.exitCode = total.failed > 0 ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed`);
