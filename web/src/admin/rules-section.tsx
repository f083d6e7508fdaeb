import { useState } from 'preact/hooks';
import type { AuditEntry, Rule, RuleInForce } from './admin-types.js';

const MATCHES = { query: 'the whole query', phrase: 'words in a query', document: 'a document by its id' };
const EMPTY: Rule = { match: 'query', value: '', action: 'block', reason: '' };
const minutes = (at: string) => at.slice(0, 16).replace('T', ' ');

/** Allow list and block list: what is in force, a form for one more. */
export function RulesSection({
  rules,
  onAdd,
  onRemove,
}: {
  rules: readonly RuleInForce[];
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
      <h2 id="rules">Rules</h2>
      {rules.length === 0 && <p>There are none: the guards decide alone.</p>}
      <ul class="rows">
        {rules.map((rule) => (
          <li key={rule.id}>
            <p>
              <strong>{rule.action}</strong> {MATCHES[rule.match]}: <q>{rule.value}</q>
            </p>
            <p class="quiet">
              {minutes(rule.createdAt)}
              {rule.reason && `, ${rule.reason}`}
            </p>
            <button type="button" class="plain" onClick={() => onRemove(rule)} aria-label={`Remove ${rule.value}`}>
              Remove
            </button>
          </li>
        ))}
      </ul>
      <form class="rule" onSubmit={submit}>
        <Choice
          label="Do"
          value={draft.action}
          values={{ block: 'block', allow: 'allow' }}
          onChange={(action) => change({ action })}
        />
        <Choice label="for" value={draft.match} values={MATCHES} onChange={(match) => change({ match })} />
        <Field label="Value" value={draft.value} required onChange={(value) => change({ value })} />
        <Field label="Why" value={draft.reason} onChange={(reason) => change({ reason })} />
        <button type="submit">Add rule</button>
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
export function AuditSection({ audit }: { audit: readonly AuditEntry[] }) {
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Audit log</h2>
      {audit.length === 0 && <p>Nothing was changed yet.</p>}
      <ol class="rows">
        {audit.map(({ at, by, action, override }) => (
          <li key={`${at} ${action} ${override.id}`}>
            <p>
              <strong>{action === 'add' ? 'added' : 'removed'}</strong> {override.action} {MATCHES[override.match]}:{' '}
              <q>{override.value}</q>
            </p>
            <p class="quiet">
              {minutes(at)}, by {by ?? 'the command line, or anybody'}
              {override.reason && `, ${override.reason}`}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
