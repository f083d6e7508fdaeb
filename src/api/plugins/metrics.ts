import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ThresholdWatch } from '../../pipeline/threshold-watch.js';
import type { AnswerStatus, SafetyReport, SearchEvent, SearchResponse, Timings } from '../../types.js';
import { requireScope } from './auth.js';

const RECENT = 1_000;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3, 5, 10];

export interface SearchMetrics {
  /** Counts what became of one search. */
  observe(search: Partial<Pick<SearchResponse, 'answerStatus' | 'timings' | 'degraded' | 'safety'>>): void;
  /** The same for a stream; passes the events on. */
  watch(events: AsyncIterable<SearchEvent>): AsyncIterable<SearchEvent>;
  /** What became of the latest searches, at most 1,000; the most frequent first. */
  recent(): { searches: number; reasons: RecentReason[] };
}

export type RecentReason = Pick<AnswerStatus, 'strategy' | 'reason'> & { count: number };

declare module 'fastify' {
  interface FastifyInstance {
    searchMetrics: SearchMetrics;
  }
}

function createSearchMetrics(registers: Registry[]): SearchMetrics {
  const stages = new Histogram({
    name: 'candor_stage_duration_seconds',
    help: 'Time per stage of a search; `hits` and `total` since the request arrived.',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  });
  const answers = new Counter({
    name: 'candor_answers_total',
    help: 'Searches by what became of the answer.',
    labelNames: ['reason'],
    registers,
  });
  const confidences = new Histogram({
    name: 'candor_answer_confidence',
    help: 'Confidence of the best candidate, shown or not.',
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    registers,
  });
  const degraded = new Counter({
    name: 'candor_degraded_total',
    help: 'Searches that went on without a part: search by words, search by meaning or the reranker.',
    labelNames: ['component'],
    registers,
  });
  const guards = new Counter({
    name: 'candor_guard_actions_total',
    help: 'Queries, passages and answers that a guard stopped, by guard and kind.',
    labelNames: ['guard', 'kind'],
    registers,
  });
  const observeSafety = ({ queryCategory, neutralised = 0, passedOver = 0, answerCategory }: SafetyReport) => {
    if (queryCategory) guards.inc({ guard: 'query', kind: queryCategory });
    if (neutralised > 0) guards.inc({ guard: 'passage', kind: 'sentence' }, neutralised);
    if (passedOver > 0) guards.inc({ guard: 'passage', kind: 'passage' }, passedOver);
    if (answerCategory) guards.inc({ guard: 'answer', kind: answerCategory });
  };
  const latest: AnswerStatus['reason'][] = [];
  const strategies = new Map<AnswerStatus['reason'], AnswerStatus['strategy']>();
  const observeStatus = ({ strategy, reason, confidence }: AnswerStatus) => {
    answers.inc({ reason });
    strategies.set(reason, strategy);
    latest.push(reason);
    if (latest.length > RECENT) latest.shift();
    if (confidence !== undefined) confidences.observe(confidence);
  };
  const observeTimings = (timings: Timings) => {
    for (const [name, ms] of Object.entries(timings)) stages.observe({ stage: name.replace(/Ms$/, '') }, ms / 1_000);
  };
  const metrics: SearchMetrics = {
    recent() {
      const reasons = [...strategies].map(([reason, strategy]) => ({
        strategy,
        reason,
        count: latest.filter((each) => each === reason).length,
      }));
      const seen = reasons.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
      return { searches: latest.length, reasons: seen };
    },
    observe({ answerStatus, timings, degraded: components = [], safety }) {
      if (answerStatus) observeStatus(answerStatus);
      if (timings) observeTimings(timings);
      if (safety) observeSafety(safety);
      for (const component of components) degraded.inc({ component });
    },
    async *watch(events) {
      for await (const event of events) {
        if (event.type === 'hits-end') metrics.observe({ degraded: event.degraded });
        else if (event.type === 'answer-end') metrics.observe({ answerStatus: event.answerStatus });
        else metrics.observe({ timings: event.timings, safety: event.safety });
        yield event;
      }
    },
  };
  return metrics;
}

export interface MetricsOptions {
  /** The promise about shown answers; `null` where nobody watches. */
  watch: ThresholdWatch | null;
}

/** Read when the metrics are: nothing is copied in between. */
function watchPromise(watch: ThresholdWatch, registers: Registry[]): void {
  const gauge = (name: string, help: string, value: (status: ReturnType<ThresholdWatch['status']>) => number | null) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.remove();
        const found = value(watch.status());
        if (found !== null) this.set(found);
      },
    });
  gauge(
    'candor_answer_threshold',
    'Confidence from which answers are shown; absent when they are off.',
    (status) => status.threshold,
  );
  gauge(
    'candor_confidence_stability',
    'Population stability index of the latest confidences against the calibrator.',
    (status) => status.populationStability,
  );
  gauge(
    'candor_feedback_precision',
    'Share of the latest judged answers that were right.',
    (status) => status.feedback.precision,
  );
  gauge('candor_feedback_judged', 'Judged answers that the precision is of.', (status) => status.feedback.judged);
  new Gauge({
    name: 'candor_promise_state',
    help: '1 for the present state of the promise about shown answers, 0 for the others.',
    labelNames: ['state'],
    registers,
    collect() {
      const { state } = watch.status();
      for (const each of ['unknown', 'holds', 'raised', 'off']) this.set({ state: each }, each === state ? 1 : 0);
    },
  });
}

/** Prometheus metrics at `/metrics`. */
export default fastifyPlugin(async function metrics(app: FastifyInstance, { watch }: MetricsOptions) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'candor_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its reply.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const inFlight = new Gauge({ name: 'candor_http_requests_in_flight', help: 'Requests being worked on.', registers });

  if (watch) watchPromise(watch, registers);
  app.decorate('searchMetrics', createSearchMetrics(registers));
  app.addHook('onRequest', async (request, reply) => {
    const end = requests.startTimer({ method: request.method });
    inFlight.inc();
    reply.raw.once('close', () => {
      inFlight.dec();
      // Unknown addresses share one label: anybody could invent a million of them.
      const status = reply.raw.writableEnded ? reply.statusCode : 499;
      end({ route: request.routeOptions.url ?? 'unknown', status });
    });
  });
  const schema = { tags: ['health'], summary: 'Metrics in the text format of Prometheus' };
  app.get('/metrics', { schema, onRequest: requireScope('admin') }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
});
