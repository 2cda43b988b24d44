/** A button that copies a text, and says that it did. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { copyText } from '../base/clipboard';

const SAID_MS = 2000;

interface Properties {
  readonly text: () => string;
  readonly label: string;
  /** What the button says once it is done. */
  readonly done?: string;
  readonly title?: string;
}

export function CopyButton({ text, label, done = 'Copied', title }: Properties): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  /** What the browser did not let the page copy. */
  const [left, setLeft] = useState<string | null>(null);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => {
    const wanted = text();
    const isDone = await copyText(wanted);
    setCopied(isDone);
    setLeft(isDone ? null : wanted);
  };
  return (
    <>
      <button type="button" class="copy-button" title={title} onClick={() => void copy()}>
        {isCopied ? `✓ ${done}` : label}
      </button>
      <span class="visually-hidden" role="status">
        {isCopied && done}
      </span>
      {left !== null && (
        <label>
          {' '}
          Press Ctrl+C to copy:{' '}
          <input
            readOnly
            value={left}
            ref={(field) => {
              field?.focus();
              field?.select();
            }}
            onBlur={() => setLeft(null)}
          />
        </label>
      )}
    </>
  );
}
