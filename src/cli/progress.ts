/** Where progress is written; `process.stderr` is one. */
export interface ProgressOutput {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** How often a line is written where lines cannot be overwritten, in milliseconds. */
const LINE_EVERY_MS = 30_000;

/**
 * A line that says how far a long run is, how long one item takes and how much time is left. In a terminal it is
 * overwritten; in a log it comes every half minute.
 */
export function startProgress(label: string, total: number, output: ProgressOutput = process.stderr) {
  const startedAt = performance.now();
  let writtenAt = startedAt;
  let done = 0;
  const line = () => {
    const eachMs = (performance.now() - startedAt) / Math.max(1, done);
    return `${label} ${done}/${total}, ${Math.round(eachMs)} ms each, ${duration(eachMs * (total - done))} left`;
  };
  return {
    /** One item more is done. */
    tick(): void {
      done += 1;
      if (output.isTTY) output.write(`\r${line()}\u001b[K`);
      else if (performance.now() - writtenAt >= LINE_EVERY_MS) {
        writtenAt = performance.now();
        output.write(`${line()}\n`);
      }
    },
    /** Leaves one last line. */
    stop(): void {
      const took = `${label} ${done}/${total} in ${duration(performance.now() - startedAt)}`;
      output.write(output.isTTY ? `\r${took}\u001b[K\n` : `${took}\n`);
    },
  };
}

/** Such as `42 s`, `3 min 05 s` or `2 h 10 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
