import type { Problem } from '../api-types.js';
import type { Texts } from '../texts.js';

/** No hits because something went wrong; an own sentence for the codes a person can do something about. */
export function ProblemNote({ problem, texts, onRetry }: { problem: Problem; texts: Texts; onRetry: () => void }) {
  const { code, detail, requestId } = problem;
  return (
    <section class="problem" role="alert">
      <h2>{texts.problemTitle}</h2>
      <p>{texts.problems[code] ?? detail ?? texts.problems.internal}</p>
      <p class="code">{texts.problemCode(code, requestId)}</p>
      <button type="button" onClick={onRetry}>
        {texts.retry}
      </button>
    </section>
  );
}
