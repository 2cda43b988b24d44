/** Instants that the user marked, with notes and the time between them. */
import type { JSX } from 'preact';
import { formatDuration } from '../base/format';
import { ns } from '../base/units';
import { LONGEST_NOTE } from '../model/marks';
import { Head, type TableProperties } from './head';
import { ShowButton } from './more';

export function MarksTable({ panel }: TableProperties): JSX.Element {
  const { timeline } = panel;
  const marks = timeline.marks.all.value;
  if (marks.length === 0) {
    return (
      <p class="muted">
        No marks. M marks the instant under the pointer on the timeline and opens a field for a note; marks
        and notes are in the address, so that a link shows them.
      </p>
    );
  }
  return (
    <table class="marks">
      <Head columns={['Mark', 'at', 'after the one before', 'note', '', ' ']} />
      <tbody>
        {marks.map(({ at, note }, place) => (
          <tr key={at}>
            <th scope="row">{place + 1}</th>
            <td>{timeline.instantText(at)}</td>
            <td>{place === 0 ? '' : formatDuration(ns(at - marks[place - 1].at))}</td>
            <td class="name">
              <input
                aria-label={`Note on mark ${place + 1}`}
                maxLength={LONGEST_NOTE}
                value={note}
                placeholder="what is here?"
                onInput={(event) => timeline.marks.note(at, event.currentTarget.value)}
              />
            </td>
            <td>
              <ShowButton onClick={() => timeline.window.centreOn(at)} />
            </td>
            <td>
              <button
                type="button"
                aria-label={`Remove mark ${place + 1}`}
                onClick={() => timeline.marks.unmark(at)}
              >
                ×
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
