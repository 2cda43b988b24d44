/** The panel: asks for the summary, knows the open device and what the user set by hand, keeps the address up to date. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { Source, STALE } from '../api/source';
import type { Summary } from '../api/types';
import { themeOf } from '../base/palette';
import { type Ns, ns } from '../base/units';
import { readHash, type ViewState, writeHash } from '../model/hash';
import { verdictOf } from '../model/verdict';
import { during } from './activity';
import { Comparing } from './comparing';
import { ContentionView } from './contention';
import { Focus } from './focus';
import { Host } from './host';
import { MemoryView } from './memory';
import { letterKeys } from './preferences';
import { Searching } from './searching';
import { Shifting } from './shifting';
import { Timeline } from './timeline';

const POLL_MS = 300;
/** New captures are looked for so often while the panel is shown. */
const LIVE_MS = 10_000;
/** After a reload the server walks the directory in the background: look once more. */
const SECOND_LOOK_MS = 1500;

const FIRST_TABLE = 'Kernels';

export class Panel {
  readonly host = new Host();
  readonly source: Source;
  readonly timeline: Timeline;
  readonly summary = signal<Summary | null>(null);
  readonly error = signal<string | null>(null);
  readonly deviceId = signal<string | null>(null);
  readonly shifts = signal<ReadonlyMap<string, Ns>>(new Map());
  readonly gpus = signal<ReadonlyMap<string, string>>(new Map());
  readonly isHelpOpen = signal(false);
  /** Whether single letters are shortcuts. */
  readonly hasLetters = letterKeys();
  /** Which of the tables is open. */
  readonly table = signal(FIRST_TABLE);
  readonly focus: Focus;
  readonly memory: MemoryView;
  readonly contention: ContentionView;
  readonly searching: Searching;
  readonly shifting: Shifting;
  readonly comparison: Comparing;
  /** The view and revision of the report on screen: a shifted session has other tiles under the same device. */
  readonly #loaded = signal('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source = new Source()) {
    this.source = source;
    this.timeline = new Timeline(source, () => void this.refresh());
    this.focus = new Focus(this.timeline, this.device);
    this.memory = new MemoryView(source, this.focus);
    this.contention = new ContentionView(source, this.focus);
    this.searching = new Searching(source, this.timeline);
    this.shifting = new Shifting(source, this.timeline, (session, by) => this.#shiftMore(session, by));
    this.comparison = new Comparing(source, this.#openId, this.#loaded);
  }

  readonly theme = computed(() => themeOf(this.host.theme.value, this.host.forced.value));
  readonly report = computed(() => this.summary.value?.report ?? null);

  /** The chosen device; the most contended one when none was chosen or the chosen one is gone. */
  readonly device = computed(() => {
    const devices = this.report.value?.devices ?? [];
    return devices.find((device) => device.id === this.deviceId.value) ?? devices[0] ?? null;
  });

  readonly verdict = computed(() => {
    const [report, device] = [this.report.value, this.device.value];
    if (report === null || device === null) return null;
    return verdictOf(report, device, this.summary.value?.is_partial === true);
  });

  start(): void {
    this.host.start();
    const state = readHash(this.host.hash);
    batch(() => {
      this.deviceId.value = state.device;
      this.shifts.value = state.shifts;
      this.gpus.value = state.gpus;
      this.timeline.window.value = state.window;
      this.timeline.instant.value = state.instant;
      this.timeline.caps.value = state.caps;
      this.timeline.range.value = state.range;
      this.timeline.arrangement.value = state.arrangement;
      this.timeline.marks.value = state.marks;
      this.searching.search.value = state.search;
      this.comparison.before.value = state.before;
      if (state.table !== null) this.table.value = state.table;
    });
    this.source.setView({ shifts: state.shifts, gpus: state.gpus });
    this.host.onReload(() => this.#reload());
    effect(() => this.#openDevice());
    effect(() => this.#writeHash());
    this.memory.start();
    this.contention.start();
    this.searching.start();
    this.comparison.start();
    effect(() => {
      // Shown again: whatever was put off while hidden starts here.
      if (this.host.isShown.value) untracked(() => void this.refresh());
    });
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const summary = await during(this.source.summary(this.#known()));
      if (summary === STALE) return;
      batch(() => {
        this.error.value = null;
        if (!summary.is_known) this.summary.value = keepReport(this.summary.value, summary);
        if (summary.report !== null) this.#loaded.value = `${this.source.viewKey}|${summary.revision}`;
      });
      const isUnderway = summary.state === 'scanning' || summary.state === 'working';
      this.#again(isUnderway ? POLL_MS : LIVE_MS);
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
      this.#again(LIVE_MS);
    }
  }

  /** The revision on screen, of the present view; null without a report. */
  #known(): string | null {
    const [key, revision] = [this.source.viewKey, this.summary.value?.revision];
    const isOnScreen = this.report.value !== null && this.#loaded.value === `${key}|${revision}`;
    return isOnScreen ? (revision ?? null) : null;
  }

  choose(device: string): void {
    if (device === this.device.value?.id) return;
    batch(() => {
      this.deviceId.value = device;
      this.timeline.window.value = null;
      this.timeline.caps.value = new Map();
      this.timeline.crumbs.value = [];
      this.timeline.arrangement.value = null;
      this.timeline.marks.value = [];
      this.timeline.clear();
    });
  }

  /** Move a session by hand; null or 0 takes the shift back. */
  shift(session: string, by: Ns | null): void {
    const shifts = new Map(this.shifts.value);
    if (by === null || by === 0) shifts.delete(session);
    else shifts.set(session, by);
    this.shifts.value = shifts;
    this.#viewChanged();
  }

  /** Move by so much more than now; of a session inside a process the whole process moves. */
  #shiftMore(id: string, by: Ns): void {
    const session = this.report.value?.sessions.find((each) => each.id === id);
    const owner = session?.process ?? id;
    this.shift(owner, ns((this.shifts.value.get(owner) ?? 0) + by));
  }

  /** Name the GPU behind an ordinal of a session; an empty name takes it back. */
  nameGpu(session: string, ordinal: number, name: string): void {
    const gpus = new Map(this.gpus.value);
    if (name === '') gpus.delete(`${session}:${ordinal}`);
    else gpus.set(`${session}:${ordinal}`, name);
    this.gpus.value = gpus;
    this.#viewChanged();
  }

  #viewChanged(): void {
    this.source.setView({ shifts: this.shifts.value, gpus: this.gpus.value });
    void this.refresh();
  }

  #reload(): void {
    void this.refresh().then(() => this.#again(SECOND_LOOK_MS));
  }

  #again(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Hidden: the effect on isShown asks when the panel is back.
      if (this.host.isShown.value) void this.refresh();
    }, after);
  }

  /** Runs again for another device, revision or view; polls of the same revision change nothing. */
  #openDevice = (): void => {
    const [device] = [this.#openId.value, this.#loaded.value];
    if (device !== null) untracked(() => void this.timeline.open(device));
  };

  readonly #openId = computed(() => this.device.value?.id ?? null);

  #writeHash(): void {
    const state: ViewState = {
      device: this.deviceId.value,
      window: this.timeline.window.value,
      shifts: this.shifts.value,
      gpus: this.gpus.value,
      instant: this.timeline.instant.value,
      caps: this.timeline.caps.value,
      range: this.timeline.range.value,
      arrangement: this.timeline.arrangement.value,
      marks: this.timeline.marks.value,
      search: this.searching.search.value,
      table: this.table.value === FIRST_TABLE ? null : this.table.value,
      before: this.comparison.before.value,
    };
    if (!this.host.isShown.value) return;
    clearTimeout(this.#hashTimer);
    // Browsers refuse more than about a hundred replaceState calls in 30 s: a drag would reach that.
    this.#hashTimer = setTimeout(() => {
      if (this.host.isShown.value) this.host.hash = writeHash(this.host.hash, state);
    }, 250);
  }

  #hashTimer: ReturnType<typeof setTimeout> | undefined;
}

/** While a new view or new files are worked on, the old report stays on screen. */
export function keepReport(old: Summary | null, next: Summary): Summary {
  const isUnderway = next.state === 'scanning' || next.state === 'working';
  return isUnderway && next.report === null && old?.report
    ? { ...next, report: old.report, revision: old.revision, is_partial: old.is_partial }
    : next;
}
