/** What was lost or could not be used, in one line that opens into a list. */
import type { JSX } from 'preact';
import type { Problem, Report } from '../api/report';
import { formatCount, plural } from '../base/format';
import { groupProblems, type ProblemGroup } from '../model/tables';

const MOST = 50;

/** What knows on which devices the captures are. */
type Where = Pick<Report, 'devices' | 'sessions'>;

const originText = ({ origin }: Problem): string =>
  origin === 'recording' ? 'Lost while recording.' : 'Found while reading.';

/** What happened, without the file, which stands before it. */
const messageOf = ({ file, message }: Problem): string =>
  message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;

/** What all problems have in common; '' where they differ, or where there is only one. */
function commonOf(problems: readonly Problem[], textOf: (problem: Problem) => string): string {
  const text = textOf(problems[0]);
  return problems.length > 1 && problems.every((each) => textOf(each) === text) ? text : '';
}

/** The devices that a file's captures are on; nothing where there is only one device. */
function placeOf({ devices, sessions }: Where, file: string): string {
  if (devices.length < 2) return '';
  const own = sessions.filter((each) => each.file === file).map(({ id }) => id);
  return devices
    .filter((device) => device.sessions.some((id) => own.includes(id)))
    .map(({ label }) => label)
    .join(', ');
}

function Group({ group, report }: { group: ProblemGroup; report: Where }): JSX.Element {
  const { problems, slug, severity } = group;
  const rest = problems.length - MOST;
  const texts = [messageOf, ({ advice }: Problem) => advice, originText];
  const common = texts.map((textOf) => commonOf(problems, textOf));
  return (
    <li class={severity}>
      <strong>
        <code>{slug}</code> · {severity} · {plural(problems.length, 'entry', 'entries')}
      </strong>
      {common.some(Boolean) && <p>{common.filter(Boolean).join(' ')}</p>}
      <ul>
        {problems.slice(0, MOST).map((problem, index) => {
          const [message, advice, origin] = texts.map((textOf, which) =>
            common[which] ? '' : textOf(problem),
          );
          const place = placeOf(report, problem.file);
          return (
            <li key={`${problem.file}${index}`}>
              <span class="path">{problem.file}</span> {place !== '' && <span class="muted">({place}) </span>}
              {message}
              {problem.count > 1 && ` (count ${formatCount(problem.count)})`}
              {problem.offset !== null && ` at byte ${problem.offset}`}
              {advice !== '' && <em> {advice}</em>}
              {origin !== '' && <span class="muted"> {origin}</span>}
            </li>
          );
        })}
      </ul>
      {rest > 0 && <p class="muted">and {rest} more, listed in the downloaded report</p>}
    </li>
  );
}

export function Problems({ report }: { report: Where & Pick<Report, 'problems'> }): JSX.Element | null {
  const { problems } = report;
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
          <Group key={group.slug} {...{ group, report }} />
        ))}
      </ul>
    </details>
  );
}
