import { useCallback, useEffect, useState } from 'preact/hooks';
import { AdminProblem, type AdminView, addRule, readAll, removeRule, resetPromise } from './admin-client.js';
import { AnswersSection } from './answers-section.js';
import { KeyForm } from './key-form.js';
import { PromiseSection } from './promise-section.js';
import { AuditSection, RulesSection } from './rules-section.js';

/** The key lives as long as the tab, and nowhere else. */
const KEY = 'candor-admin-key';

export function AdminApp() {
  const [key, setKey] = useState(() => sessionStorage.getItem(KEY) ?? '');
  const [view, setView] = useState<AdminView | null>(null);
  const [problem, setProblem] = useState<AdminProblem | null>(null);
  const [done, setDone] = useState('');

  /** Does something, then reads everything anew. Resolves to whether it went well. */
  const act = useCallback(
    async (work: () => Promise<unknown>, words: string) => {
      try {
        await work();
        setView(await readAll(key));
        setProblem(null);
        setDone(words);
        return true;
      } catch (error) {
        const found = error instanceof AdminProblem ? error : new AdminProblem(0, String(error));
        if (isRefusal(found)) setView(null);
        setProblem(found);
        setDone('');
        return false;
      }
    },
    [key],
  );
  useEffect(() => {
    void act(async () => undefined, '');
  }, [act]);

  const useKey = (next: string) => {
    if (next === '') sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, next);
    setView(null);
    setProblem(null);
    setKey(next);
  };
  const wanted = problem !== null && isRefusal(problem);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <header>
        <div class="brand">
          <h1>
            <a href="../" aria-label="Candor, search page">
              Candor
            </a>
          </h1>
          <p>Administration</p>
        </div>
        <KeyForm hasKey={key !== ''} wanted={wanted} onKey={useKey} />
      </header>
      <main id="main" tabIndex={-1} aria-busy={view === null && problem === null}>
        {problem && (
          <p class="alarm" role="alert">
            {wanted && key === '' ? 'This needs an API key with the scope admin.' : problem.message}
          </p>
        )}
        {view && (
          <>
            <PromiseSection
              promise={view.promise}
              onReset={() => act(() => resetPromise(key), 'What was seen is forgotten.')}
            />
            <AnswersSection answers={view.answers} />
            <RulesSection
              rules={view.rules}
              onAdd={(rule) => act(() => addRule(key, rule), 'The rule holds from the next query on.')}
              onRemove={({ id }) => act(() => removeRule(key, id), 'The rule is removed.')}
            />
            <AuditSection audit={view.audit} />
            <button type="button" class="plain" onClick={() => act(async () => undefined, 'Read anew.')}>
              Read anew
            </button>
          </>
        )}
        <p class="done" role="status">
          {done}
        </p>
      </main>
    </>
  );
}

const isRefusal = ({ status }: AdminProblem) => status === 401 || status === 403;
