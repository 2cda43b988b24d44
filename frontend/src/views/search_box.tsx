/** Search on the timeline: a name, how many events have it, and the way from one to the next. */
import type { JSX } from 'preact';
import { formatCount, plural } from '../base/format';
import type { Panel } from '../state/panel';

function resultText(panel: Panel): string {
  const { found, error } = panel.searching;
  if (error.value !== null) return error.value;
  if (found.value === null) return '';
  const { count, names, lanes } = found.value;
  const inView = lanes.reduce((sum, lane) => sum + lane.in_view, 0);
  if (count === 0) return 'no events';
  return `${plural(count, 'event')}${names > 1 ? ` of ${plural(names, 'name')}` : ''}, ${formatCount(inView)} in view`;
}

export function SearchBox({ panel }: { panel: Panel }): JSX.Element {
  const { searching } = panel;
  const search = searching.search.value;
  const step = (direction: 1 | -1) => () => void searching.next(direction);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') void searching.next(event.shiftKey ? -1 : 1);
    else if (event.key !== 'Escape') return;
    else {
      searching.look('');
      document.querySelector<HTMLElement>('.stage')?.focus();
    }
    event.preventDefault();
  };
  return (
    <search class="search">
      <label>
        <span class="visually-hidden">Search the timeline for names</span>
        <input
          id="find"
          type="search"
          placeholder="search events (/)"
          maxLength={1000}
          value={search?.text ?? ''}
          onInput={(event) => searching.look(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      {search !== null && (
        <>
          <button
            type="button"
            aria-label="Previous hit"
            title="Previous hit (Shift+Enter)"
            onClick={step(-1)}
          >
            ‹
          </button>
          <button type="button" aria-label="Next hit" title="Next hit (Enter)" onClick={step(1)}>
            ›
          </button>
          <span class="muted small" role="status">
            {search.isExact && 'exact name: '}
            {resultText(panel)}
          </span>
        </>
      )}
    </search>
  );
}
