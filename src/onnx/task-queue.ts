/** A task that waits for a worker. */
export interface QueuedTask {
  /** The worker that is likely to have useful state for it, such as a cached passage; `null` = any. */
  preferredWorker: number | null;
}

/** First come, first served, with a second way to take: the oldest task that suits one worker. */
export class TaskQueue<Task extends QueuedTask> {
  readonly #tasks: Task[] = [];

  get size(): number {
    return this.#tasks.length;
  }

  add(task: Task): void {
    this.#tasks.push(task);
  }

  /** The oldest task that prefers this worker or none. */
  takeFor(workerIndex: number): Task | undefined {
    const suits = (task: Task) => task.preferredWorker === null || task.preferredWorker === workerIndex;
    const index = this.#tasks.findIndex(suits);
    return index < 0 ? undefined : this.#tasks.splice(index, 1)[0];
  }

  /** The oldest task of all. */
  take(): Task | undefined {
    return this.#tasks.shift();
  }

  /** Takes one task out; false when it is no longer waiting. */
  remove(task: Task): boolean {
    const index = this.#tasks.indexOf(task);
    if (index >= 0) this.#tasks.splice(index, 1);
    return index >= 0;
  }

  takeAll(): Task[] {
    return this.#tasks.splice(0);
  }
}
