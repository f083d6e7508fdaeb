/** One expectation of a unit test of ir_measures: a measure, the qrels and run before it, and the value of one topic. */
export interface Expectation {
  test: string;
  measure: string;
  qrels: string;
  run: string;
  topic: string;
  value: number;
}

const QRELS = /qrels = list\(ir_measures\.read_trec_qrels\('''\n([^']*)'''/;
const RUN = /\brun = list\(ir_measures\.read_trec_run\('''\n([^']*)'''/;

/**
 * The expectations of a Python test file. Its tests are straight lines of `qrels = …`, `run = …`, `measure = …` and
 * assertions about `result[0]` and `result[1]` (topics in the order of the qrels), about `Metric(query_id=…)` and about
 * the aggregate (topic `all`).
 */
export function expectations(python: string): Expectation[] {
  return python
    .split(/\n\s+def (?=test_)/)
    .slice(1)
    .flatMap(ofTest);
}

function ofTest(body: string): Expectation[] {
  const test = /^\w+/.exec(body)?.[0] ?? '';
  const pattern =
    /(qrels = list\(ir_measures\.read_trec_qrels\('''[^']*'''\)\))|(\brun = list\(ir_measures\.read_trec_run\('''[^']*'''\)\))|\n\s+measure = ir_measures\.([^\n]+)|assert(?:Almost)?Equal\(result\[(\d)\]\.value, ([^,)\n]+)|Metric\('(\w+)', measure, ([\d.]+)\)|query_id='(\w+)', measure=measure, value=([\d.]+)|assert(?:Almost)?Equal\((?:provider|measure)\.calc_aggregate\(\[measure\], qrels, run\)\[measure\], ([^,)\n]+)/g;
  const found: Expectation[] = [];
  let [qrels, run, measure] = ['', '', ''];
  let topics: string[] = [];
  for (const match of body.matchAll(pattern)) {
    const [text, isQrels, isRun, name, index, value, topicA, valueA, topicB, valueB, aggregate] = match;
    const expect = (topic: string | undefined, number: string) =>
      topic !== undefined && found.push({ test, measure, qrels, run, topic, value: Number(number) });
    if (isQrels) {
      qrels = QRELS.exec(text)?.[1] ?? '';
      topics = [
        ...new Set(
          qrels
            .trim()
            .split('\n')
            .map((line) => line.split(' ')[0] ?? ''),
        ),
      ];
    } else if (isRun) run = RUN.exec(text)?.[1] ?? '';
    else if (name !== undefined) measure = name.trim();
    else if (index !== undefined) expect(topics[Number(index)], value ?? '');
    else if (topicA !== undefined) expect(topicA, valueA ?? '');
    else if (topicB !== undefined) expect(topicB, valueB ?? '');
    else if (aggregate !== undefined) expect('all', aggregate);
  }
  return found;
}
