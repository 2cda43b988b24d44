/** The panel: asks for the summary, knows the open device and puts the parts together. */

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { Summary } from '../api/report';
import { Source, STALE } from '../api/source';
import { themeOf } from '../base/palette';
import { UNTRACED, UNTRACED_WORDS } from '../model/blame';
import { type Codec, TEXT, WORDS } from '../model/hash';
import { during, messageOf } from './activity';
import { Address, type Addressed, keyOf, PLACE, restore } from './address';
import { ByHand } from './by_hand';
import { Choosing } from './choosing';
import { Comparing } from './comparing';
import { ContentionView } from './contention';
import { Focus } from './focus';
import { Groups } from './groups';
import { Host } from './host';
import { Measuring } from './measuring';
import { MemoryView } from './memory';
import { letterKeys } from './preferences';
import { Searching } from './searching';
import { Shifting } from './shifting';
import { Timeline } from './timeline';
import { Trying } from './trying';

const POLL_MS = 300;
/** New captures are looked for so often while the panel is shown. */
const LIVE_MS = 10_000;
/** After a reload the server walks the directory in the background: look once more. */
const SECOND_LOOK_MS = 1500;

const FIRST_TABLE = 'Kernels';

const TABLE: Codec<string> = {
  pack: (table) => (table === FIRST_TABLE ? '' : table),
  unpack: (text) => text || FIRST_TABLE,
};

export class Panel {
  readonly host = new Host();
  readonly summary = signal<Summary | null>(null);
  readonly error = signal<string | null>(null);
  readonly deviceId = signal<string | null>(null);
  readonly isHelpOpen = signal(false);
  /** Whether the timeline was drawn once, or cannot be drawn. */
  readonly isPainted = signal(false);
  /** Whether single letters are shortcuts. */
  readonly hasLetters = letterKeys();
  /** Which of the tables is open. */
  readonly table = signal(FIRST_TABLE);
  /** The id of the session that matters most to the user; null: all count the same. */
  readonly preferred = signal<string | null>(null);
  /** Rules whose findings are not shown. */
  readonly muted = signal<ReadonlySet<string>>(new Set());
  readonly keys = [
    keyOf('device', TEXT, this.deviceId, PLACE),
    keyOf('first', TEXT, this.preferred),
    keyOf('table', TABLE, this.table),
    keyOf('mute', WORDS, this.muted),
  ];
  /** The view and revision of the report on screen: a shifted session has other tiles under the same device. */
  readonly #loaded = signal('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly source = new Source()) {}

  readonly theme = computed(() => themeOf(this.host.theme.value, this.host.forced.value));
  readonly report = computed(() => this.summary.value?.report ?? null);

  /** The chosen device; the most contended one when none was chosen or the chosen one is gone. */
  readonly device = computed(() => {
    const devices = this.report.value?.devices ?? [];
    return devices.find((device) => device.id === this.deviceId.value) ?? devices[0] ?? null;
  });

  readonly #openId = computed(() => this.device.value?.id ?? null);

  readonly timeline = new Timeline(
    this.source,
    () => void this.refresh(),
    (id) => this.labelOf(id),
  );
  readonly byHand = new ByHand(this.report, () => {
    // The same place may hold another event then.
    this.timeline.selection.clear();
    this.#setView();
    void this.refresh();
  });
  readonly choosing = new Choosing(this.source, this.summary);
  readonly focus = new Focus(this.timeline, this.device);
  readonly memory = new MemoryView(this.source, this.focus);
  readonly contention = new ContentionView(this.source, this.focus);
  readonly searching = new Searching(this.source, this.timeline);
  readonly shifting = new Shifting(this.source, this.timeline, (id, by) => this.byHand.shiftMore(id, by));
  readonly comparison = new Comparing(this.source, this.#openId, this.#loaded);
  readonly trying = new Trying(this.source, this.device, this.#loaded);
  readonly groups = new Groups(
    this.source,
    this.summary,
    computed(() => this.isPainted.value || (this.report.value !== null && this.device.value === null)),
    () => this.#ofGroup.some(({ keys }) => keys.some((key) => key.save() !== '')),
  );
  readonly measuring = new Measuring(this.source, () => void this.refresh());
  /** What the address holds of a group. */
  readonly #ofGroup: readonly Addressed[] = [
    this,
    this.byHand,
    this.timeline,
    this.searching,
    this.comparison,
    this.trying,
  ];
  readonly parts: readonly Addressed[] = [this.groups, ...this.#ofGroup];
  readonly #address = new Address(this.host, this.parts);

  start(): void {
    this.host.start();
    this.#address.read();
    this.#setView();
    this.host.onTravel = (isOwn) => this.#travel(isOwn);
    this.host.onGesture = () => this.#address.flush();
    this.host.onReload = () => void this.refresh().then(() => this.#again(SECOND_LOOK_MS));
    effect(() => {
      // Runs again for another device, revision or view; polls of the same revision change nothing.
      const [device] = [this.#openId.value, this.#loaded.value];
      if (device !== null) untracked(() => void this.timeline.open(device));
    });
    this.#address.start();
    this.choosing.start();
    this.memory.start();
    this.contention.start();
    this.searching.start();
    this.comparison.start();
    this.trying.start();
    this.groups.start();
    effect(() => {
      // Shown again: whatever was put off while hidden starts here.
      if (this.host.isShown.value) untracked(() => void this.refresh());
    });
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const { groups } = this;
      const summary = await during(this.source.summary(this.#known(), groups.isUndecided.value));
      if (summary === STALE) return;
      batch(() => {
        this.error.value = null;
        if (summary.state !== 'scanning') groups.settle(summary.groups);
        const isGroup = summary.groups < 2 || groups.place.value === 'group';
        if (isGroup && groups.adopt(summary.group, summary.state === 'failed')) this.#setView();
        this.summary.value = nextSummary(this.summary.value, summary);
        if (summary.report !== null) {
          this.#loaded.value = `${this.source.viewKey}|${summary.revision}`;
          this.byHand.applied.value = this.byHand.shifts.value;
        }
      });
      const isUnderway = summary.state === 'scanning' || summary.state === 'working';
      this.#again(isUnderway ? POLL_MS : LIVE_MS);
    } catch (error) {
      this.error.value = messageOf(error);
      this.#again(LIVE_MS);
    }
  }

  /** The revision on screen, of the present view; null without a report. */
  #known(): string | null {
    const [key, revision] = [this.source.viewKey, this.summary.value?.revision];
    const isOnScreen = this.report.value !== null && this.#loaded.value === `${key}|${revision}`;
    return isOnScreen ? (revision ?? null) : null;
  }

  /** What the server calls a session or a device; an id of none is its own name. */
  labelOf(id: string): string {
    const report = this.report.value;
    const found = [...(report?.sessions ?? []), ...(report?.devices ?? [])].find((each) => each.id === id);
    return found?.label ?? (id === UNTRACED ? UNTRACED_WORDS : id);
  }

  choose(device: string): void {
    if (device === this.device.value?.id) return;
    batch(() => {
      this.deviceId.value = device;
      restore(this.trying.keys, new Map());
      this.timeline.reset();
    });
  }

  /** Look at another group; null: at the list of all. What was set for the old one goes with it; Back leads to it. */
  chooseGroup(id: string | null): void {
    if (this.groups.isOther(id)) this.#address.leave();
    if (!this.groups.choose(id)) return;
    batch(() => {
      restore([...this.byHand.keys, ...this.comparison.keys, ...this.trying.keys], new Map());
      this.deviceId.value = null;
      this.timeline.close();
    });
    this.#reopen(id);
  }

  /** Back or Forward: another group, the list, or another place in the group, as the address has it; `isOwn`: as it was left. */
  #travel(isOwn: boolean): void {
    const { groups, source, timeline } = this;
    const old = groups.isOverview.value ? null : groups.pinned.value;
    const [view, device] = [source.viewKey, this.deviceId.value];
    const isOnly = (this.summary.value?.groups ?? 0) < 2;
    // The address names a group only where there are several, or where it holds more.
    const id = this.#address.text('group') || (isOnly ? old : null);
    batch(() => {
      // What is read from the address must not be reset once the other group is there.
      if (id !== old) timeline.close();
      this.#address.read(isOwn && id === old && (this.#address.text('device') || null) === device);
      if (id === null) groups.place.value = 'overview';
      else if (groups.pinned.value === null) {
        groups.pinned.value = id;
        groups.place.value = 'group';
      }
      timeline.window.dropCrumbs();
    });
    if (id !== old) {
      this.#reopen(id);
      return;
    }
    this.#setView();
    if (source.viewKey !== view) void this.refresh();
    else void timeline.selection.follow();
  }

  /** The address that shows what is on screen. */
  link(): string {
    const { groups } = this;
    return this.host.link(this.#address.link(groups.isOverview.value ? null : groups.pinned.value));
  }

  #reopen(id: string | null): void {
    const old = this.summary.value;
    const { groups } = this;
    batch(() => {
      const group = groups.list.value?.find((each) => each.id === id) ?? null;
      const message = group === null ? '' : `Opening ${group.title}`;
      if (old !== null)
        this.summary.value = {
          ...old,
          state: id === null ? 'ready' : 'working',
          message,
          progress: null,
          group,
          report: null,
        };
    });
    this.#setView();
    void this.refresh();
  }

  #setView(): void {
    if (this.byHand.shifts.value.size === 0) this.byHand.isInReports.value = false;
    this.source.setView({
      group: this.groups.pinned.value,
      shifts: this.byHand.shifts.value,
      gpus: this.byHand.gpus.value,
      baselines: this.byHand.baselines.value,
    });
  }

  #again(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Hidden: the effect on isShown asks when the panel is back.
      if (this.host.isShown.value) void this.refresh();
    }, after);
  }
}

/** What is on screen after an answer, which may bring no more than that nothing has changed. */
export function nextSummary(old: Summary | null, next: Summary): Summary {
  if (!next.is_known || old === null) return keepReport(old, next);
  if (old.listing === next.listing && old.group?.id === next.group?.id) return old;
  const { listing, captures, groups, group } = next;
  return { ...old, listing, captures, groups, group };
}

/** While a new view or new files are worked on, the old report stays on screen. */
export function keepReport(old: Summary | null, next: Summary): Summary {
  const isUnderway = next.state === 'scanning' || next.state === 'working';
  return isUnderway && next.report === null && old?.report
    ? {
        ...next,
        group: next.group ?? old.group,
        report: old.report,
        revision: old.revision,
        is_partial: old.is_partial,
      }
    : next;
}
