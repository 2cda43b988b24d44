/** A piece of code or a command under its name, with a button that copies it. */
import type { JSX } from 'preact';
import { CopyButton } from './copy';

export function Recipe({ name, code }: { name: string; code: string }): JSX.Element {
  return (
    <section class="recipe">
      <h3>
        {name}
        <CopyButton text={() => code} label="Copy" />
      </h3>
      <pre>
        <code>{code}</code>
      </pre>
    </section>
  );
}
