import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ServiceError } from '../errors.js';
import type { RunFile } from '../evaluation/evaluate-runs.js';
import { runName } from '../evaluation/formats/run.js';
import { parseMeasures } from '../evaluation/measures/ranking/parse-measure.js';
import { runsCsv } from '../evaluation/report/runs-csv.js';
import { runsHtml } from '../evaluation/report/runs-html.js';
import { runsJson } from '../evaluation/report/runs-json.js';
import { type RunsReport, reportRuns } from '../evaluation/report/runs-report.js';
import { runsLatex, runsMarkdown, runsText } from '../evaluation/report/runs-tables.js';

/** An output: a file, or `true` for the standard output. */
type Target = string | true;

export interface EvaluateRunsOptions {
  qrels: string;
  runs: string[];
  measures: string[];
  baseline?: string;
  perTopic?: boolean;
  json?: Target;
  csv?: Target;
  latex?: Target;
  markdown?: Target;
  html?: string;
  depth?: number;
  missing: 'zero' | 'skip';
  permutations: number;
  resamples: number;
  seed: number;
}

/** `candor eval runs`: files in, tables, plots and significance out. No service, index or model is touched. */
export async function evaluateRuns(options: EvaluateRunsOptions): Promise<void> {
  const measures = parseMeasures(options.measures);
  const files = runFiles(options.runs);
  const baseline = options.baseline === undefined ? undefined : baselineName(options.baseline, files);
  const { depth, missing, permutations, resamples, seed } = options;
  const curves = options.html !== undefined;
  const report = await reportRuns(options.qrels, files, measures, {
    ...{ baseline, depth, missing, permutations, resamples, seed, curves },
  });
  const outputs: [Target | undefined, (report: RunsReport) => string][] = [
    [options.json, (all) => `${JSON.stringify(runsJson(all), null, 2)}\n`],
    [options.csv, runsCsv],
    [options.latex, runsLatex],
    [options.markdown, runsMarkdown],
    [options.html, runsHtml],
  ];
  // What goes to the standard output is for a program: the table would be in its way.
  let printed = false;
  for (const [target, render] of outputs) {
    if (target === undefined) continue;
    if (target === true || target === '-') process.stdout.write(render(report));
    else await writeFile(target, render(report));
    printed ||= target === true || target === '-';
  }
  if (!printed) process.stdout.write(runsText(report, { perTopic: options.perTopic }));
}

/** `name=path` or a path; each run gets a name of its own. */
export function runFiles(texts: readonly string[]): RunFile[] {
  const files = texts.map((text): RunFile => {
    const [, name, path] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
    return name !== undefined && path !== undefined ? { name, path } : { name: runName(text), path: text };
  });
  return files.map((file) => {
    if (files.filter(({ name }) => name === file.name).length === 1) return file;
    if (files.filter(({ path }) => path === file.path).length > 1)
      throw new ServiceError('invalid-request', { message: `--runs: ${file.path} is there twice.` });
    return { ...file, name: file.path };
  });
}

function baselineName(wanted: string, files: readonly RunFile[]): string {
  const found = files.find(({ name, path }) => [name, path, basename(path)].includes(wanted));
  if (found) return found.name;
  const names = files.map(({ name }) => name).join(', ');
  throw new ServiceError('invalid-request', { message: `--baseline: there is no run ${wanted}; there are ${names}.` });
}
