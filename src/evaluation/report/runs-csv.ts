import type { RunsReport } from './runs-report.js';

/** One line a value: `run,measure,topic,value`; the mean (or sum) of a measure is that of topic `all`. RFC 4180. */
export function runsCsv({ runs, measures, topics }: RunsReport): string {
  const lines = ['run,measure,topic,value'];
  for (const { name, values } of runs)
    for (const [index, measure] of measures.entries()) {
      const prefix = `${field(name)},${field(measure.name)}`;
      for (const [at, topic] of topics.entries()) {
        const value = values[index]?.perTopic[at] as number;
        if (!Number.isNaN(value)) lines.push(`${prefix},${field(topic)},${value}`);
      }
      lines.push(`${prefix},all,${values[index]?.mean ?? ''}`);
    }
  return `${lines.join('\r\n')}\r\n`;
}

/** Quoted where it must be. A value that a spreadsheet would run as a formula gets an apostrophe. */
function field(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
