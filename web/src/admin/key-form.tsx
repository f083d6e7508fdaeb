import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AdminTexts } from './admin-texts.js';

/** Asks for a key, or offers to forget the one in use. */
export function KeyForm({
  hasKey,
  wanted,
  texts,
  onKey,
}: {
  hasKey: boolean;
  /** The service refused what it was given. */
  wanted: boolean;
  texts: AdminTexts;
  /** `''`: forget it. */
  onKey: (key: string) => void;
}) {
  const [draft, setDraft] = useState('');
  const box = useRef<HTMLInputElement>(null);
  // Before it is painted: who sees the field may type.
  useLayoutEffect(() => {
    if (wanted) box.current?.focus();
  }, [wanted]);
  if (!wanted) {
    return hasKey ? (
      <button type="button" class="plain" onClick={() => onKey('')}>
        {texts.forgetKey}
      </button>
    ) : null;
  }
  const submit = (event: Event) => {
    event.preventDefault();
    setDraft('');
    onKey(draft.trim());
  };
  return (
    <form onSubmit={submit}>
      <input
        ref={box}
        type="password"
        name="key"
        aria-label={texts.keyLabel}
        placeholder={texts.keyLabel}
        autocomplete="off"
        required
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      />
      <button type="submit">{texts.useKey}</button>
    </form>
  );
}
