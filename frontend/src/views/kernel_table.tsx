/** Kernels by name, and pairs of kernels that met; of the part in focus. */
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Device, KernelPair, KernelRow } from '../api/report';
import { formatCount, shortenAll } from '../base/format';
import { ns } from '../base/units';
import type { Panel } from '../state/panel';
import { durationColumn, sessionColumn } from './columns';
import { type Column, DataTable } from './data_table';
import type { TableProperties } from './head';

/** Characters of a kernel's name, in a table of kernels and in one of pairs. */
const LONGEST = 58;
const LONGEST_OF_PAIR = 34;

/** A name that takes the timeline to the next event that has it. */
function NameLink({ panel, name, short }: { panel: Panel; name: string; short: string }): JSX.Element {
  const show = (): void => {
    panel.searching.look(name, true);
    void panel.searching.next(1);
  };
  return (
    <button type="button" class="link" title={`${name}\nShow the next one on the timeline`} onClick={show}>
      {short}
    </button>
  );
}

const nameColumn = <Row,>(
  panel: Panel,
  title: string,
  short: ReadonlyMap<string, string>,
  of: (row: Row) => string,
): Column<Row> => ({
  title,
  isName: true,
  text: of,
  show: (row) => <NameLink panel={panel} name={of(row)} short={short.get(of(row)) ?? of(row)} />,
});

/** Columns about which nothing is known, or nothing to be said of a session alone, would be two columns of dashes or zeros. */
const isCostKnown = (rows: readonly KernelRow[], device: Device): boolean =>
  device.sessions.length > 1 && rows.some((row) => row.alone_ns !== null);

export const kernelsShown = ({ panel, device }: TableProperties): readonly KernelRow[] =>
  panel.contention.part.value?.kernels ?? device.kernels;

export function KernelTable(properties: TableProperties): JSX.Element {
  const { panel, device } = properties;
  const rows = kernelsShown(properties);
  const hasCost = isCostKnown(rows, device);
  const columns = useMemo((): readonly Column<KernelRow>[] => {
    const cost = [
      durationColumn<KernelRow>('alone', (row) => row.alone_ns),
      durationColumn<KernelRow>('lost', (row) => row.lost_ns),
    ];
    const short = shortenAll(
      rows.map((row) => row.name),
      LONGEST,
    );
    return [
      nameColumn(panel, 'Kernel', short, (row: KernelRow) => row.name),
      sessionColumn(properties, (row: KernelRow) => row.session),
      { title: 'count', value: (row) => row.count, text: (row) => formatCount(row.count) },
      durationColumn('total', (row) => row.total_ns),
      durationColumn('mean', (row) => ns(row.total_ns / Math.max(1, row.count))),
      ...(hasCost ? cost : []),
    ];
  }, [properties.report, rows, panel.theme.value, hasCost]);
  const selected = panel.timeline.selection.selected.value;
  const id = panel.timeline.layout.value?.sessions[selected?.box.lane.session ?? -1]?.id;
  return (
    <DataTable
      className="kernels"
      noun="kernel name"
      sortedBy="total"
      {...{ rows, columns }}
      isCurrent={(row) => row.name === selected?.slice.name && row.session === id}
    />
  );
}

export function PairTable(properties: TableProperties): JSX.Element {
  const { panel, report } = properties;
  useEffect(() => {
    panel.contention.isNeeded.value = true;
    return () => {
      panel.contention.isNeeded.value = false;
    };
  }, [panel]);
  const part = panel.contention.part.value;
  const columns = useMemo((): readonly Column<KernelPair>[] => {
    const names = (part?.pairs ?? []).flatMap((row) => [row.victim_kernel, row.culprit_kernel]);
    const short = shortenAll(names, LONGEST_OF_PAIR);
    return [
      nameColumn(panel, 'Kernel', short, (row: KernelPair) => row.victim_kernel),
      sessionColumn(properties, (row: KernelPair) => row.victim, 'of'),
      nameColumn(panel, 'met', short, (row: KernelPair) => row.culprit_kernel),
      sessionColumn(properties, (row: KernelPair) => row.culprit, 'of '),
      { title: 'times', value: (row) => row.count, text: (row) => formatCount(row.count) },
      durationColumn('at once', (row) => row.overlap_ns),
      durationColumn('lost by it', (row) => row.lost_ns),
    ];
  }, [report, part, panel.theme.value]);
  if (part === null) return <p class="muted">Asking which kernels met …</p>;
  if (part.pairs.length === 0) return <p class="muted">No two sessions had kernels at once there.</p>;
  return <DataTable noun="pair" rows={part.pairs} columns={columns} />;
}
