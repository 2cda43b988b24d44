/** What was lost or could not be used, in one line that opens into a list. */
import type { JSX } from 'preact';
import type { Problem } from '../api/report';
import { formatCount, plural } from '../base/format';
import { groupProblems, type ProblemGroup } from '../model/tables';

const MOST = 50;

function Group({ group }: { group: ProblemGroup }): JSX.Element {
  const rest = group.problems.length - MOST;
  return (
    <li class={group.severity}>
      <strong>
        <code>{group.slug}</code> · {group.severity} · {plural(group.problems.length, 'entry', 'entries')}
      </strong>
      <ul>
        {group.problems.slice(0, MOST).map((problem, index) => (
          <li key={`${problem.file}${index}`}>
            <span class="path">{problem.file}</span> {problem.message}
            {problem.count > 1 && ` (count ${formatCount(problem.count)})`}
            {problem.offset !== null && ` at byte ${problem.offset}`}
            {problem.advice !== '' && <em> {problem.advice}</em>}
            <span class="muted">
              {' '}
              {problem.origin === 'recording' ? 'Lost while recording.' : 'Found while reading.'}
            </span>
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="muted">and {rest} more, listed in the downloaded report</p>}
    </li>
  );
}

export function Problems({ problems }: { problems: readonly Problem[] }): JSX.Element | null {
  if (problems.length === 0) return null;
  const groups = groupProblems(problems);
  const worst = groups[0].severity;
  const isNoted = worst === 'info';
  return (
    <details class={`problems ${worst}`}>
      <summary>
        {isNoted ? 'Notes on the input: ' : 'The picture may be incomplete: '}
        {groups
          .slice(0, 3)
          .map((group) => `${group.slug} (${group.problems.length})`)
          .join(', ')}
        {groups.length > 3 && ` and ${groups.length - 3} more`}
      </summary>
      <ul>
        {groups.map((group) => (
          <Group key={group.slug} group={group} />
        ))}
      </ul>
    </details>
  );
}
