import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyReply } from 'fastify';
import type {
  Abstention,
  Answer,
  AnswerLayout,
  AnswerStatus,
  DegradedPart,
  PassageResult,
  SearchEvent,
} from '../../src/types.js';

/** The strictest policy the page must live with: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export interface Reply {
  hits: readonly PassageResult[];
  status: AnswerStatus;
  answer?: Answer;
  slot?: number;
  degraded?: readonly DegradedPart[];
  /** What waits until the test calls `release`. */
  hold?: 'hits' | 'answer';
  /** The connection ends after the hits. */
  cut?: boolean;
}

export interface FailedReply {
  failure: { status: number; code: string; detail: string };
}

export interface FakeService {
  address: string;
  /** Bodies in order of arrival. */
  requests: { query: string; offset?: number; answer?: { mode?: string; layout?: AnswerLayout } }[];
  /** Queries whose client went away before the end. */
  cancelled: string[];
  /** Lets everything go that is held at present. */
  release(): void;
  close(): Promise<void>;
}

/** Serves `web/dist` and answers `/v1/search` with what `replyTo` says. */
export async function startFakeService(replyTo: (query: string) => Reply | FailedReply): Promise<FakeService> {
  const app = fastify({ forceCloseConnections: true });
  const requests: FakeService['requests'] = [];
  const cancelled: string[] = [];
  const held: (() => void)[] = [];
  const waitForRelease = () => new Promise<void>((resolve) => held.push(resolve));
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', POLICY);
  });
  app.register(fastifyStatic, { root: fileURLToPath(new URL('../../web/dist', import.meta.url)) });
  app.post<{ Body: FakeService['requests'][number] }>('/v1/search', async (request, reply) => {
    const { query, offset = 0, answer } = request.body;
    requests.push(request.body);
    const said = replyTo(query);
    if ('failure' in said) return sendProblem(reply, said);
    const canned = answer?.mode === 'off' ? withoutAnswer(said) : said;
    const page = canned.hits.slice(offset, offset + 10);
    if (request.headers.accept !== 'text/event-stream') {
      return { requestId: 'r-1', results: page, answerStatus: canned.status, timings: { hitsMs: 84 } };
    }
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'content-security-policy': POLICY });
    reply.raw.on('close', () => {
      if (!reply.raw.writableEnded) cancelled.push(query);
    });
    for await (const event of toEvents({ ...canned, hits: page }, answer?.layout, waitForRelease)) {
      reply.raw.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    reply.raw.end();
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    address,
    requests,
    cancelled,
    release: () => {
      for (const go of held.splice(0)) go();
    },
    close: () => app.close(),
  };
}

async function* toEvents(
  reply: Reply,
  layout: AnswerLayout = 'inline',
  waitForRelease: () => Promise<void>,
): AsyncGenerator<SearchEvent> {
  const { hits, status, answer, slot = 0, degraded, hold, cut = false } = reply;
  if (hold === 'hits') await waitForRelease();
  yield { type: 'hits-end', requestId: 'r-1', results: hits, timings: { hitsMs: 84 }, degraded };
  if (hold === 'answer') await waitForRelease();
  if (cut) return;
  yield {
    type: 'answer-end',
    outcome: answer
      ? { status: 'answered', answer, slot, layout }
      : { status: 'abstained', reason: status.shown ? 'declined' : (status.reason as Abstention['reason']) },
    answerStatus: status,
  };
  yield { type: 'search-end', timings: { hitsMs: 84 } };
}

function withoutAnswer(reply: Reply): Reply {
  return {
    ...reply,
    answer: undefined,
    hold: undefined,
    status: { shown: false, strategy: 'stay-silent', reason: 'off' },
  };
}

function sendProblem(reply: FastifyReply, { failure: { status, code, detail } }: FailedReply) {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `/problems/${code}`, title: code, status, code, detail, requestId: 'r-9' }));
}
