/** The report as tables: what the canvases show, for reading, sorting and copying. */

import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Device } from '../api/report';
import { DEVICE_TABLES, REPORT_TABLES, type TableSpec } from '../api/tables';
import { formatDuration } from '../base/format';
import { lengthOf, type Ns, overlaps, span } from '../base/units';
import { cellOf, columnsOf, type Row, recordOf, rowsIn, rowsOf } from '../model/cells';
import { PAIRS, SESSIONS_IN_PART } from '../model/local_tables';
import { tsvOf } from '../model/tsv';
import type { Panel } from '../state/panel';
import { blameShown } from './blame';
import { CompareView } from './compare';
import { CopyButton } from './copy';
import type { TableProperties } from './head';
import { IntervalTable, LostTable, lostRows } from './interval_tables';
import { MarksTable } from './marks_table';
import { MemoryTables } from './memory_tables';
import { SpecTable } from './table';

interface Tab {
  readonly name: string;
  readonly show: (properties: TableProperties) => ComponentChildren;
  /** The rows behind it, for a spreadsheet. */
  readonly records: (properties: TableProperties) => readonly object[];
  /** A table without rows for this device is not offered. */
  readonly isThere?: (properties: TableProperties) => boolean;
  /** It is of the part in focus. */
  readonly isOfPart?: boolean;
}

const copied = (spec: TableSpec, rows: readonly Row[]): readonly object[] => {
  const columns = columnsOf(spec, rows);
  return rows.map((row) => recordOf(columns, row));
};

/** A tab of declared tables that are of the whole window; the first is copied. */
const ofSpecs = (name: string, specs: readonly TableSpec[], more: Partial<Tab> = {}): Tab => ({
  name,
  show: (p) =>
    specs.map((spec) => (
      <SpecTable key={spec.slug} {...p} spec={spec} sorted="total_ns" isTitled={specs.length > 1} />
    )),
  records: ({ report, device }) =>
    specs.flatMap((spec) => copied(spec, rowsOf(spec, report, device))).length > 0
      ? copied(specs[0], rowsOf(specs[0], report, device))
      : [],
  isThere: ({ report, device }) => specs.some((spec) => rowsOf(spec, report, device).length > 0),
  ...more,
});

const kernelRows = ({ panel, device }: TableProperties): readonly Row[] =>
  rowsIn(device, panel.contention.part.value?.kernels ?? device.kernels);

function Kernels(properties: TableProperties): JSX.Element {
  const { panel } = properties;
  const part = panel.contention.part.value;
  const rows = useMemo(() => kernelRows(properties), [properties.report, properties.device, part]);
  const selected = panel.timeline.selection.selected.value;
  const id = panel.timeline.layout.value?.sessions[selected?.box.lane.session ?? -1]?.id;
  return (
    <SpecTable
      {...properties}
      spec={DEVICE_TABLES.kernels}
      rows={rows}
      sorted="total_ns"
      links={['name']}
      isKept
      isCurrent={({ own }) => own.name === selected?.slice.name && own.session === id}
    />
  );
}

const pairRows = ({ panel, device }: TableProperties): readonly Row[] =>
  rowsIn(device, panel.contention.part.value?.pairs ?? []);

function Pairs(properties: TableProperties): JSX.Element {
  const { panel } = properties;
  useEffect(() => {
    panel.contention.isNeeded.value = true;
    return () => {
      panel.contention.isNeeded.value = false;
    };
  }, [panel]);
  const part = panel.contention.part.value;
  const rows = useMemo(() => pairRows(properties), [properties.device, part]);
  if (part === null) return <p class="muted">Asking which kernels met …</p>;
  if (rows.length === 0) return <p class="muted">No two sessions had kernels at once there.</p>;
  return <SpecTable {...properties} spec={PAIRS} rows={rows} links={['victim_kernel', 'culprit_kernel']} />;
}

/** Sessions of the part in focus, or of the whole window with what sharing cost them. */
const sessionRows = ({ panel, report, device }: TableProperties): readonly [TableSpec, readonly Row[]] => {
  const part = panel.contention.part.value;
  return part === null || panel.focus.isWhole.value
    ? [DEVICE_TABLES.slowdowns, rowsOf(DEVICE_TABLES.slowdowns, report, device)]
    : [SESSIONS_IN_PART, rowsIn(device, part.per_session, part.time)];
};

function Sessions(properties: TableProperties): JSX.Element {
  const [spec, rows] = sessionRows(properties);
  const whole = [
    DEVICE_TABLES.per_session,
    DEVICE_TABLES.pairs,
    REPORT_TABLES.attributions,
    REPORT_TABLES.sessions,
  ];
  return (
    <>
      <SpecTable key={spec.slug} {...properties} spec={spec} rows={rows} isTitled />
      <SpecTable {...properties} spec={DEVICE_TABLES.requests} isTitled />
      {[...whole, REPORT_TABLES.recordings].map((each) => (
        <SpecTable key={each.slug} {...properties} spec={each} isTitled />
      ))}
    </>
  );
}

function BlameTables(properties: TableProperties): JSX.Element {
  const { panel, device } = properties;
  return (
    <>
      <SpecTable {...properties} spec={DEVICE_TABLES.blame} rows={rowsIn(device, blameShown(properties))} />
      {!panel.focus.isWhole.value && (
        <p class="muted">
          In a part of the window these are delays of kernels; the host may have hidden some of them from the
          steps.
        </p>
      )}
      <SpecTable
        {...properties}
        spec={DEVICE_TABLES.blame_kernels}
        links={['victim_kernel', 'culprit_kernel']}
        isTitled
      />
    </>
  );
}

const spanOfRow = (row: Row) => span(cellOf(row, 'start_ns') as Ns, cellOf(row, 'end_ns') as Ns);

/** The periods that lie in the part in focus, or cross its edges. */
export function stepsShown({ panel, report, device }: TableProperties): readonly Row[] {
  const part = panel.focus.isWhole.value ? null : panel.focus.part.value;
  const rows = rowsOf(DEVICE_TABLES.steps, report, device);
  return part === null ? rows : rows.filter((row) => overlaps(spanOfRow(row), part));
}

const hasLosses = (device: Device): boolean => device.per_session.some((entry) => entry.lost_ns !== null);

const MEMORY = 'Memory';

const TABS: readonly Tab[] = [
  {
    name: 'Kernels',
    isOfPart: true,
    show: (p) => <Kernels {...p} />,
    records: (p) => copied(DEVICE_TABLES.kernels, kernelRows(p)),
  },
  {
    name: 'Kernel pairs',
    isOfPart: true,
    show: (p) => <Pairs {...p} />,
    records: (p) => copied(PAIRS, pairRows(p)),
    isThere: ({ device }) => device.sessions.length > 1,
  },
  {
    name: 'Sessions',
    isOfPart: true,
    show: (p) => <Sessions {...p} />,
    records: (p) => copied(...sessionRows(p)),
  },
  {
    name: 'Blame',
    isOfPart: true,
    show: (p) => <BlameTables {...p} />,
    records: (p) => copied(DEVICE_TABLES.blame, rowsIn(p.device, blameShown(p))),
    isThere: ({ device }) => device.blame.length > 0,
  },
  ofSpecs('Predictions', [DEVICE_TABLES.predictions, DEVICE_TABLES.schedules]),
  ofSpecs('Scopes', [DEVICE_TABLES.scopes]),
  ofSpecs('Threads', [DEVICE_TABLES.threads]),
  {
    name: 'Steps',
    isOfPart: true,
    show: (p) => (
      <SpecTable
        {...p}
        spec={DEVICE_TABLES.steps}
        rows={stepsShown(p)}
        onShow={(row) => p.panel.timeline.window.frame(spanOfRow(row))}
      />
    ),
    records: (p) => copied(DEVICE_TABLES.steps, stepsShown(p)),
    isThere: ({ device }) => device.step_times.some((times) => times.start_ns.length > 0),
  },
  {
    name: MEMORY,
    show: (p) => <MemoryTables {...p} />,
    records: ({ panel, device }) => {
      const held = panel.memory.part.value?.holders ?? device.memory?.holders ?? [];
      return copied(DEVICE_TABLES.holders, rowsIn(device, held));
    },
  },
  {
    name: 'Contended intervals',
    show: (p) => <IntervalTable {...p} />,
    records: ({ panel }) => panel.timeline.content.contended.value,
  },
  {
    name: 'Lost time',
    show: (p) => <LostTable {...p} />,
    records: lostRows,
    isThere: ({ device }) => hasLosses(device),
  },
  {
    name: 'Marks',
    show: (p) => <MarksTable {...p} />,
    records: ({ panel }) => panel.timeline.marks.all.value,
  },
  ofSpecs('Findings', [REPORT_TABLES.findings]),
  ofSpecs('Problems', [REPORT_TABLES.problems]),
  ofSpecs('Devices', [REPORT_TABLES.devices]),
  {
    name: 'Compare',
    show: (p) => <CompareView {...p} />,
    records: ({ panel }) => panel.comparison.found.value?.sessions ?? [],
    isThere: ({ report, panel }) => report.devices.length > 1 || (panel.summary.value?.groups ?? 0) > 1,
  },
];

/** What the open table covers, where it may be a part of the window. */
function Covered({ panel }: { panel: Panel }): JSX.Element {
  const { focus, contention } = panel;
  const [told, whole] = [focus.told.value, panel.device.value?.time.window_ns ?? null];
  const length = told === null ? null : lengthOf(told);
  const subject =
    focus.part.value === null
      ? 'The timeline shows nothing of the analysed window, so the table covers all of it'
      : focus.isWhole.value
        ? 'The whole analysed window'
        : focus.isRange.value
          ? 'The selected range'
          : 'What the timeline shows';
  return (
    <p id="told" class="muted small" aria-busy={contention.isLate.value}>
      {subject}, {formatDuration(length)}
      {!focus.isWhole.value && whole !== null && ` of ${formatDuration(whole)}`}
      {contention.isLate.value && ' …'}
      {contention.error.value !== null && ` (as before: ${contention.error.value})`}
    </p>
  );
}

export function Tables(properties: TableProperties): JSX.Element {
  const { timeline, table } = properties.panel;
  useSignalEffect(() => {
    // An instant of the memory track was chosen: its holders are a table.
    if (timeline.memoryCursor.instant.value !== null) table.value = MEMORY;
  });
  const tabs = TABS.filter((tab) => tab.isThere?.(properties) ?? true);
  const open = tabs.find(({ name }) => name === table.value) ?? tabs[0];
  return (
    <section class="tables" aria-label="Tables">
      <div class="tabs" role="tablist">
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            aria-selected={tab === open}
            aria-controls="table"
            onClick={() => {
              table.value = tab.name;
            }}
          >
            {tab.name}
          </button>
        ))}
        <span class="copy">
          <CopyButton text={() => tsvOf(open.records(properties))} label="Copy as TSV" />
        </span>
      </div>
      <div id="table" role="tabpanel" aria-label={open.name}>
        {open.isOfPart && <Covered panel={properties.panel} />}
        {open.show(properties)}
      </div>
    </section>
  );
}
