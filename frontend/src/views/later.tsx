/** Views in files of their own, which come after the first picture. */
import { signal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { during } from '../state/activity';
import type { Host } from '../state/host';

interface Hosted {
  readonly panel: { readonly host: Host };
}

/** A view that asks for its file when it is shown first; `Otherwise` stands in its place where the file does not come. */
export function later<Properties extends Hosted>(
  load: () => Promise<ComponentType<Properties>>,
  Otherwise: ComponentType<Hosted> = Missing,
): (properties: Properties) => JSX.Element | null {
  const found = signal<{ readonly View: ComponentType<Properties> | null } | null>(null);
  let isAsked = false;
  const ask = async (): Promise<void> => {
    if (isAsked) return;
    isAsked = true;
    try {
      found.value = { View: await during(load()) };
    } catch {
      found.value = { View: null };
      // Shown once more, it is asked for once more.
      isAsked = false;
    }
  };
  return function Later(properties: Properties): JSX.Element | null {
    useEffect(() => void ask(), []);
    if (found.value === null) return null;
    const { View } = found.value;
    return View === null ? <Otherwise panel={properties.panel} /> : <View {...properties} />;
  };
}

/** The names of files hold their content: another version of the server has others. */
export const MISSING =
  'TensorBoard cannot be reached, or was started again with another version of this tab. Reload the page.';

function Missing({ panel }: Hosted): JSX.Element {
  return (
    <div class="failure" role="alert">
      <strong>A part of the tab could not be loaded.</strong>
      <span>{MISSING}</span>
      <button type="button" onClick={() => panel.host.reloadPage()}>
        Reload
      </button>
    </div>
  );
}
