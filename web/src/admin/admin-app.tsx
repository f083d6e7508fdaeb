import { useCallback, useEffect, useState } from 'preact/hooks';
import { AdminProblem, type AdminView, addRule, readAll, removeRule, resetPromise } from './admin-client.js';
import { chooseAdminLanguage } from './admin-texts.js';
import { AnswersSection } from './answers-section.js';
import { KeyForm } from './key-form.js';
import { PromiseSection } from './promise-section.js';
import { AuditSection, RulesSection } from './rules-section.js';

const { tag, texts } = chooseAdminLanguage([new URLSearchParams(location.search).get('lang'), ...navigator.languages]);

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
        const found = error instanceof AdminProblem ? error : new AdminProblem(0, '', String(error));
        if (isRefusal(found)) setView(null);
        setProblem(found);
        setDone('');
        return false;
      }
    },
    [key],
  );
  useEffect(() => {
    document.documentElement.lang = tag === 'zh' ? 'zh-Hans' : tag;
    document.title = texts.title;
  }, []);
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
        {texts.skip}
      </a>
      <header>
        <div class="brand">
          <h1>
            <a href="../" aria-label={texts.home}>
              Candor
            </a>
          </h1>
          <p>{texts.administration}</p>
        </div>
        <KeyForm hasKey={key !== ''} wanted={wanted} texts={texts} onKey={useKey} />
      </header>
      <main id="main" tabIndex={-1} aria-busy={view === null && problem === null}>
        {problem && (
          <p class="alarm" role="alert">
            {wanted && key === '' ? texts.keyNeeded : (texts.problems[problem.code] ?? problem.message)}
          </p>
        )}
        {view && (
          <>
            <PromiseSection
              promise={view.promise}
              texts={texts}
              onReset={() => act(() => resetPromise(key), texts.seenForgotten)}
            />
            <AnswersSection answers={view.answers} texts={texts} />
            <RulesSection
              rules={view.rules}
              texts={texts}
              onAdd={(rule) => act(() => addRule(key, rule), texts.ruleAdded)}
              onRemove={({ id }) => act(() => removeRule(key, id), texts.ruleRemoved)}
            />
            <AuditSection audit={view.audit} texts={texts} />
            <button type="button" class="plain" onClick={() => act(async () => undefined, texts.readAnewDone)}>
              {texts.readAnew}
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
