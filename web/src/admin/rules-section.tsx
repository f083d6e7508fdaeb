import { useState } from 'preact/hooks';
import type { AdminTexts } from './admin-texts.js';
import type { AuditEntry, Rule, RuleInForce } from './admin-types.js';

const EMPTY: Rule = { match: 'query', value: '', action: 'block', reason: '' };
const minutes = (at: string) => at.slice(0, 16).replace('T', ' ');

/** Allow list and block list: what is in force, a form for one more. */
export function RulesSection({
  rules,
  texts,
  onAdd,
  onRemove,
}: {
  rules: readonly RuleInForce[];
  texts: AdminTexts;
  /** Resolves to whether it was added. */
  onAdd: (rule: Rule) => Promise<boolean>;
  onRemove: (rule: RuleInForce) => void;
}) {
  const [draft, setDraft] = useState(EMPTY);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await onAdd(draft)) setDraft(EMPTY);
  };
  const change = (part: Partial<Rule>) => setDraft({ ...draft, ...part });
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">{texts.rules}</h2>
      {rules.length === 0 && <p>{texts.noRules}</p>}
      <ul class="rows">
        {rules.map((rule) => (
          <li key={rule.id}>
            <p>
              <strong>{texts.actions[rule.action]}</strong> {texts.matches[rule.match]}: <q>{rule.value}</q>
            </p>
            <p class="quiet">
              {minutes(rule.createdAt)}
              {rule.reason && `, ${rule.reason}`}
            </p>
            <button
              type="button"
              class="plain"
              onClick={() => onRemove(rule)}
              aria-label={texts.removeRule(rule.value)}
            >
              {texts.remove}
            </button>
          </li>
        ))}
      </ul>
      <form class="rule" onSubmit={submit}>
        <Choice
          label={texts.action}
          value={draft.action}
          values={texts.actions}
          onChange={(action) => change({ action })}
        />
        <Choice
          label={texts.match}
          value={draft.match}
          values={texts.matches}
          onChange={(match) => change({ match })}
        />
        <Field label={texts.value} value={draft.value} required onChange={(value) => change({ value })} />
        <Field label={texts.why} value={draft.reason} onChange={(reason) => change({ reason })} />
        <button type="submit">{texts.addRule}</button>
      </form>
    </section>
  );
}

function Choice<Name extends string>({
  label,
  value,
  values,
  onChange,
}: {
  label: string;
  value: Name;
  /** Words for each choice. */
  values: Record<Name, string>;
  onChange: (value: Name) => void;
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as Name)}>
        {Object.entries<string>(values).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Field({
  label,
  value,
  required = false,
  onChange,
}: {
  label: string;
  value: string;
  required?: boolean;
  onChange: (value: string) => void;
}) {
  return (
    <label>
      {label}
      <input
        value={value}
        required={required}
        maxLength={500}
        autocomplete="off"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}

/** What was changed, newest first. */
export function AuditSection({ audit, texts }: { audit: readonly AuditEntry[]; texts: AdminTexts }) {
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">{texts.audit}</h2>
      {audit.length === 0 && <p>{texts.noAudit}</p>}
      <ol class="rows">
        {audit.map(({ at, by, action, override }) => (
          <li key={`${at} ${action} ${override.id}`}>
            <p>
              <strong>{texts.audited[action]}</strong> {texts.actions[override.action]} {texts.matches[override.match]}:{' '}
              <q>{override.value}</q>
            </p>
            <p class="quiet">
              {texts.by(minutes(at), by)}
              {override.reason && `, ${override.reason}`}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
