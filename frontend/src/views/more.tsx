/** What long tables share: a button that shows a row's time, and a note on rows that are left out. */
import type { JSX } from 'preact';
import { formatCount } from '../base/format';

export function ShowButton({ onClick }: { onClick: () => void }): JSX.Element {
  return (
    <button type="button" onClick={onClick}>
      show
    </button>
  );
}

/** "The first 200 of 1,234 rows." where rows are left out; `hint` says how to see the others. */
export function FirstRows({
  most,
  of,
  hint,
}: {
  most: number;
  of: number;
  hint?: string;
}): JSX.Element | null {
  if (of <= most) return null;
  return (
    <p class="muted">
      The first {formatCount(most)} of {formatCount(of)} rows{hint && `; ${hint}`}.
    </p>
  );
}
