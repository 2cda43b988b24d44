/** The tables of a report. Generated from `tb_contention/tables/`; do not edit. */
import address from './tables.json?url';

export type Kind = 
  | 'text'
  | 'word'
  | 'name'
  | 'session'
  | 'sessions'
  | 'device'
  | 'list'
  | 'map'
  | 'flag'
  | 'count'
  | 'identifier'
  | 'duration'
  | 'instant'
  | 'bytes'
  | 'number'
  | 'share'
  | 'slowdown'
  | 'factors'
  | 'durations';

export interface Column {
  /** Where the value is in a row; `device.` looks in the device, `outer.` in the object around the row. */
  readonly key: string;
  readonly title: string;
  readonly kind: Kind;
  readonly help?: string;
  /** Key of the whole that the value is a part of. */
  readonly of?: string;
  /** What stands instead of an empty text. */
  readonly unless?: string;
}

export interface TableSpec {
  readonly slug: string;
  readonly title: string;
  readonly help: string;
  readonly note?: string;
  /** Path of its rows from the report, or from a device behind `devices`. */
  readonly source: readonly string[];
  readonly together?: boolean;
  readonly forHost?: string;
  readonly columnar?: boolean;
  readonly columns: readonly Column[];
}

export type DeviceTable = 
  | 'slowdowns'
  | 'requests'
  | 'blame'
  | 'predictions'
  | 'schedules'
  | 'blame_kernels'
  | 'per_session'
  | 'pairs'
  | 'memory'
  | 'holders'
  | 'holder_scopes'
  | 'own_holders'
  | 'memory_steps'
  | 'memory_growth'
  | 'kernel_changes'
  | 'memory_stalls'
  | 'host_allocators'
  | 'driver'
  | 'driver_processes'
  | 'kernels'
  | 'steps'
  | 'scopes'
  | 'threads';

export type ReportTable = 
  | 'devices'
  | 'sessions'
  | 'attributions'
  | 'recordings'
  | 'findings'
  | 'problems';

export interface Tables {
  readonly device: Readonly<Record<DeviceTable, TableSpec>>;
  readonly report: Readonly<Record<ReportTable, TableSpec>>;
}

export let DEVICE_TABLES: Tables['device'];
export let REPORT_TABLES: Tables['report'];

export function adoptTables({ device, report }: Tables): void {
  [DEVICE_TABLES, REPORT_TABLES] = [device, report];
}

let loading: Promise<void> | null = null;

async function load(): Promise<void> {
  try {
    if (DEVICE_TABLES === undefined) adoptTables(await (await fetch(address)).json());
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** Views with tables take them for granted, so this comes before their file. Several ask at a time. */
export function loadTables(): Promise<void> {
  loading ??= load();
  return loading;
}
