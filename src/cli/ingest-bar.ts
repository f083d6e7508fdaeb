import { Presets, SingleBar } from 'cli-progress';
import type { IngestProgress } from '../retrieval/ingest.js';
import { duration, type ProgressOutput } from './progress.js';

/** How often a line is written where there is no terminal, in milliseconds. */
const LINE_EVERY_MS = 10_000;

/**
 * Says how far an ingest is, how fast, and how much time is left: as a bar in a terminal, else as a line now and then.
 *
 * @param totalBytes The unit of `IngestProgress.position`.
 */
export function startIngestBar(totalBytes: number, output: ProgressOutput) {
  const startedAt = performance.now();
  const bar = output.isTTY ? openBar(totalBytes, output as NodeJS.WriteStream) : null;
  let writtenAt = startedAt;
  let last: IngestProgress | null = null;
  return {
    update(progress: IngestProgress): void {
      last = progress;
      const line = describe(progress, totalBytes, performance.now() - startedAt);
      if (bar) bar.update(progress.position, { line });
      else if (performance.now() - writtenAt >= LINE_EVERY_MS) {
        writtenAt = performance.now();
        output.write(`${Math.floor((100 * progress.position) / Math.max(1, totalBytes))} %, ${line}\n`);
      }
    },
    stop(): void {
      if (bar && last) bar.update(last.position, { line: describe(last, totalBytes, performance.now() - startedAt) });
      bar?.stop();
    },
  };
}

function openBar(totalBytes: number, stream: NodeJS.WritableStream): SingleBar {
  const format = '{bar} {percentage} % | {line}';
  const bar = new SingleBar({ format, stream, hideCursor: true, gracefulExit: false, fps: 5 }, Presets.shades_classic);
  bar.start(Math.max(1, totalBytes), 0, { line: 'reading' });
  return bar;
}

/** Such as `1200 passages, 95 passages/s, 12 s left`. */
export function describe(progress: IngestProgress, totalBytes: number, elapsedMs: number): string {
  const { passages, position, unchanged } = progress;
  const rate = Math.round((passages * 1_000) / Math.max(1, elapsedMs));
  const leftMs = position > 0 ? (elapsedMs * (totalBytes - position)) / position : null;
  const parts = [`${passages} passages`, `${rate} passages/s`];
  if (unchanged > 0) parts.push(`${unchanged} documents unchanged`);
  if (leftMs !== null) parts.push(`${duration(Math.max(0, leftMs))} left`);
  return parts.join(', ');
}
