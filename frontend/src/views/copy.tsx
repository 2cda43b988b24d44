/** A button that copies a text, and says that it did. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const SAID_MS = 1500;

export function CopyButton({ text, label }: { text: () => string; label: string }): JSX.Element | null {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Only a secure context has a clipboard; elsewhere the text can still be selected.
  if (navigator.clipboard === undefined) return null;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text());
    setCopied(true);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {isCopied ? 'Copied' : label}
    </button>
  );
}
