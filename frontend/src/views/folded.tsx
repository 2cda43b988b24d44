/** What would be too much at once: in the document once it was opened. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../base/format';

export function Folded({
  count,
  one,
  children,
}: {
  count: number;
  one: string;
  children: () => JSX.Element;
}): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  if (count === 0) return null;
  return (
    <details class="more-findings" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{plural(count, one)}</summary>
      {isOpen && children()}
    </details>
  );
}
