import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { abortError, ServiceError } from '../../errors.js';
import type { DocumentScorer, ScorableDocument } from '../document-scorer.js';
import { scoresOf } from '../score-reply.js';

export interface CommandScorerOptions {
  /** For the shell, such as `python3 my_reranker.py`. */
  command: string;
  /** @default true */
  pointwise?: boolean;
  /** What the process may take to end when its input has ended. @default 2000 */
  closeTimeoutMs?: number;
}

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

interface Running {
  child: ChildProcessByStdio<Writable, Readable, null>;
  waiting: Map<string, Waiting>;
  ended: Promise<void>;
}

/**
 * A program that speaks JSON lines. For each list it reads a line `{"id", "query", "documents": [{"id", "title", "text"}]}`
 * and writes a line `{"id", "scores": [..]}`, `{"id", "results": [{"index", "relevance_score"}]}` or `{"id", "error"}`;
 * in any order. What it writes to stderr goes to the terminal. When it ends, or a list is withdrawn, it is started anew for
 * the next list.
 */
export class CommandScorer implements DocumentScorer {
  readonly modelId: string;
  readonly pointwise: boolean;
  readonly #options: CommandScorerOptions;
  #running: Running | null = null;
  #nextId = 1;

  constructor(options: CommandScorerOptions) {
    this.modelId = `command:${options.command}`;
    this.pointwise = options.pointwise ?? true;
    this.#options = options;
  }

  async score(query: string, documents: readonly ScorableDocument[], signal: AbortSignal): Promise<number[]> {
    if (signal.aborted) throw abortError(signal);
    if (documents.length === 0) return [];
    for (;;) {
      try {
        return await this.#ask(query, documents, signal);
      } catch (error) {
        if (!(error instanceof Restarted)) throw error;
      }
    }
  }

  async #ask(query: string, documents: readonly ScorableDocument[], signal: AbortSignal): Promise<number[]> {
    this.#running ??= this.#start();
    const running = this.#running;
    const id = String(this.#nextId++);
    // Whoever is withdrawn may be stuck: it must not hold up the next list.
    const onAbort = () => {
      running.waiting.get(id)?.reject(abortError(signal));
      running.waiting.delete(id);
      this.#stop(running, new Restarted());
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reply = await new Promise<unknown>((resolve, reject) => {
        running.waiting.set(id, { resolve, reject });
        running.child.stdin.write(`${JSON.stringify({ id, query, documents })}\n`);
      });
      const { error } = reply as { error?: unknown };
      if (error !== undefined) throw new Error(String(error));
      return scoresOf(reply, documents.length);
    } catch (cause) {
      if (signal.aborted) throw abortError(signal);
      if (cause instanceof ServiceError || cause instanceof Restarted) throw cause;
      throw this.#failure(cause instanceof Error ? cause.message : String(cause), cause);
    } finally {
      signal.removeEventListener('abort', onAbort);
      running.waiting.delete(id);
    }
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.child.stdin.end();
    const timer = setTimeout(() => kill(running), this.#options.closeTimeoutMs ?? 2_000);
    await running.ended;
    clearTimeout(timer);
  }

  #failure(what: string, cause?: unknown): ServiceError {
    return new ServiceError('inference-failed', { message: `${this.#options.command}: ${what}`, cause });
  }

  #start(): Running {
    // A group of its own, so that what the shell started ends with it.
    const child = spawn(this.#options.command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    const running: Running = {
      child,
      waiting: new Map(),
      ended: new Promise((resolve) => {
        child.once('close', (code, signal) => {
          this.#forget(running, this.#failure(`ended with ${signal ?? `code ${code}`} before it answered`));
          resolve();
        });
      }),
    };
    child.once('error', (cause) => this.#forget(running, this.#failure(cause.message, cause)));
    child.stdin.on('error', () => undefined); // It ended; `close` tells.
    createInterface({ input: child.stdout }).on('line', (line) => this.#receive(running, line));
    return running;
  }

  #receive(running: Running, line: string): void {
    if (line.trim() === '') return;
    try {
      const reply = JSON.parse(line) as { id?: unknown };
      const waiting = running.waiting.get(String(reply.id));
      if (!waiting) throw new Error(`no list has the id ${JSON.stringify(reply.id)}`);
      waiting.resolve(reply);
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'expected a line of JSON' : (cause as Error).message;
      this.#stop(running, this.#failure(`${why}, received ${line.slice(0, 100)}`, cause));
    }
  }

  #stop(running: Running, error: Error): void {
    this.#forget(running, error);
    kill(running);
  }

  #forget(running: Running, error: Error): void {
    if (this.#running === running) this.#running = null;
    for (const { reject } of running.waiting.values()) reject(error);
    running.waiting.clear();
  }
}

/** The program was ended because of another list; this one is asked again. */
class Restarted extends Error {}

function kill({ child }: Running): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // Ended already, or a system without process groups.
  }
}
