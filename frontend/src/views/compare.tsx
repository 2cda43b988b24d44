/** Another device of the report, or the device in another group, against the open one: before and after, side by side. */
import type { JSX } from 'preact';
import type {
  Bounds,
  Change,
  Comparison,
  Device,
  KernelDifference,
  Named,
  SessionComparison,
} from '../api/report';
import { formatBytes, formatCount, formatDuration, formatPart, plural, times, UNKNOWN } from '../base/format';
import { sessionColour } from '../base/palette';
import { bytes, ns } from '../base/units';
import { changeText, scaleOf, verdictText } from '../model/change';
import { comparable } from '../model/groups';
import { inGroup } from '../state/comparing';
import { Baseline } from './baseline';
import { Chip } from './chip';
import { durationColumn } from './columns';
import { type Column, DataTable } from './data_table';
import { Explained, MEANS } from './explained';
import { Head, type TableProperties } from './head';
import { nameIn } from './session_name';

type Text = (value: number | null) => string;

const plainText: Text = (value) => value?.toFixed(2) ?? UNKNOWN;
const timeText: Text = (value) => formatDuration(value === null ? null : ns(value));
const bytesText: Text = (value) => formatBytes(value === null ? null : bytes(value));

interface Figure {
  readonly name: string;
  readonly change: Change;
  readonly text: Text;
  readonly means?: string;
}

const range = (text: Text, bounds: Bounds | null): string =>
  bounds === null ? '' : ` (${text(bounds.low)} to ${text(bounds.high)})`;

/** Figures of one subject, a row each, with two bars on one scale. */
function Figures({ figures, colour }: { figures: readonly Figure[]; colour: string }): JSX.Element {
  return (
    <table class="changes">
      <Head columns={['Figure', 'before', 'after', 'change', 'verdict', ' ']} />
      <tbody>
        {figures.map(({ name, change, text, means }) => {
          const part = scaleOf([change]);
          return (
            <tr key={name}>
              <th scope="row">{means === undefined ? name : <Explained means={means}>{name}</Explained>}</th>
              <td>
                {text(change.before)}
                <small class="muted">{range(text, change.before_interval)}</small>
              </td>
              <td>
                {text(change.after)}
                <small class="muted">{range(text, change.after_interval)}</small>
              </td>
              <td>{changeText(change)}</td>
              <td class={`verdict ${change.verdict}`}>{verdictText(change)}</td>
              <td class="two-bars" aria-hidden="true">
                <span
                  class="before"
                  style={{ width: `${100 * part(change.before)}%`, borderColor: colour }}
                />
                <span style={{ width: `${100 * part(change.after)}%`, background: colour }} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const deviceFigures = ({ device }: Comparison): readonly Figure[] =>
  [
    { name: 'contended share', change: device.contended_share, text: formatPart },
    { name: 'combined memory peak', change: device.combined_peak_bytes, text: bytesText },
    { name: 'memory headroom', change: device.headroom_bytes, text: bytesText },
    { name: 'STP', change: device.stp, text: plainText, means: MEANS.STP },
    { name: 'ANTT', change: device.antt, text: plainText, means: MEANS.ANTT },
  ].filter(({ change }) => change.before !== null || change.after !== null);

const sessionFigures = (found: SessionComparison): readonly Figure[] =>
  [
    { name: 'slowdown', change: found.slowdown, text: times, means: MEANS.slowdown },
    { name: 'step period', change: found.step_ns, text: timeText },
    { name: 'own device time per step', change: found.device_time_ns, text: timeText },
    { name: 'lost share', change: found.lost_share, text: formatPart },
    { name: 'busy share', change: found.busy_share, text: formatPart },
    ...found.memory.map(({ after_allocator: name, peak_bytes: change }) => ({
      name: `peak of ${name}`,
      change,
      text: bytesText,
    })),
  ].filter(({ change }) => change.before !== null || change.after !== null);

const kernelColumns = (per: string): readonly Column<KernelDifference>[] => [
  { title: 'Kernel', isName: true, text: (row) => row.name },
  { title: 'ran', isName: true, text: (row) => row.presence },
  durationColumn('mean before', (row) => row.before?.mean_ns ?? null),
  durationColumn('mean after', (row) => row.after?.mean_ns ?? null),
  {
    title: 'count',
    value: (row) => row.after?.count ?? 0,
    text: (row) => `${formatCount(row.before?.count ?? 0)} → ${formatCount(row.after?.count ?? 0)}`,
  },
  {
    title: `change per ${per}`,
    value: (row) => Math.abs(row.difference_ns),
    text: (row) => `${row.difference_ns < 0 ? '−' : '+'}${formatDuration(ns(Math.abs(row.difference_ns)))}`,
  },
];

function Session({
  properties,
  found,
  earlier,
}: {
  properties: TableProperties;
  found: SessionComparison;
  /** What the session is called before; empty where that is its name after. */
  earlier: string;
}): JSX.Element {
  const { device, panel, report } = properties;
  const index = Math.max(0, device.sessions.indexOf(found.after));
  return (
    <section class="compared" aria-label={`${nameIn(report, found.after)} before and after`}>
      <h3>
        <Chip theme={panel.theme.value} index={index} /> {nameIn(report, found.after)}{' '}
        {earlier !== '' && <span class="muted">before: {earlier}</span>}
      </h3>
      {(['before', 'after'] as const).map((side) => (
        <Baseline
          key={side}
          panel={panel}
          place={side}
          session={found[side]}
          offers={found.baselines[side]}
          title={`Baseline ${side}`}
        />
      ))}
      <Figures figures={sessionFigures(found)} colour={sessionColour(panel.theme.value, index)} />
      {found.kernels.length > 0 && (
        <details>
          <summary>{plural(found.kernels.length, 'kernel name')}</summary>
          <DataTable noun="kernel name" rows={found.kernels} columns={kernelColumns(found.kernels_per)} />
        </details>
      )}
    </section>
  );
}

function Found({ properties, found }: { properties: TableProperties; found: Comparison }): JSX.Element {
  const names = (all: readonly Named[]): string => all.map(({ name }) => name).join(', ');
  const earlier = ({ before, after }: SessionComparison): string => {
    const name = found.before.sessions.find(({ id }) => id === before)?.name ?? before;
    return before === after || name === nameIn(properties.report, after) ? '' : name;
  };
  return (
    <>
      {found.notes.map((note) => (
        <p key={note} class="settle">
          {note}
        </p>
      ))}
      {found.gone.length > 0 && <p class="muted">Only before: {names(found.gone)}</p>}
      {found.appeared.length > 0 && <p class="muted">Only after: {names(found.appeared)}</p>}
      {found.sessions.map((each) => (
        <Session key={each.after} properties={properties} found={each} earlier={earlier(each)} />
      ))}
      <section class="compared" aria-label="The device before and after">
        <h3>The device</h3>
        <Figures figures={deviceFigures(found)} colour={properties.panel.theme.value.outline} />
      </section>
    </>
  );
}

const optionText = (device: Device): string =>
  `${device.label} · ${plural(device.sessions.length, 'session')}`;

export function CompareView(properties: TableProperties): JSX.Element {
  const { panel, report, device } = properties;
  const { before, found, error, isWaiting } = panel.comparison;
  const others = report.devices.filter(({ id }) => id !== device.id);
  const open = panel.summary.value?.group ?? null;
  const groups = open === null ? [] : comparable(panel.groups.list.value ?? [], open);
  return (
    <>
      <label class="compare-with">
        before:{' '}
        <select
          value={before.value ?? ''}
          onChange={(event) => {
            before.value = event.currentTarget.value || null;
          }}
        >
          <option value="">choose what to compare with</option>
          {others.map((each) => (
            <option key={each.id} value={each.id} selected={each.id === before.value}>
              {optionText(each)}
            </option>
          ))}
          {groups.length > 0 && (
            <optgroup label="this device in another group">
              {groups.map(({ id, title }) => (
                <option key={id} value={inGroup(id)} selected={inGroup(id) === before.value}>
                  {title}
                </option>
              ))}
            </optgroup>
          )}
        </select>{' '}
        <span class="muted">after: {optionText(device)} (open)</span>
      </label>
      {error.value !== null && (
        <p class="failure" role="alert">
          {error.value}
        </p>
      )}
      {isWaiting.value && (
        <p class="muted" role="status">
          Analysing the other group
        </p>
      )}
      {found.value !== null && <Found properties={properties} found={found.value} />}
    </>
  );
}
