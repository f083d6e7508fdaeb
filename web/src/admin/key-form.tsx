import { useEffect, useRef, useState } from 'preact/hooks';

/** Asks for a key, or offers to forget the one in use. */
export function KeyForm({
  hasKey,
  wanted,
  onKey,
}: {
  hasKey: boolean;
  /** The service refused what it was given. */
  wanted: boolean;
  /** `''`: forget it. */
  onKey: (key: string) => void;
}) {
  const [draft, setDraft] = useState('');
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (wanted) box.current?.focus();
  }, [wanted]);
  if (!wanted) {
    return hasKey ? (
      <button type="button" class="plain" onClick={() => onKey('')}>
        Forget the key
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
        aria-label="API key with the scope admin"
        placeholder="API key with the scope admin"
        autocomplete="off"
        required
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      />
      <button type="submit">Use key</button>
    </form>
  );
}
