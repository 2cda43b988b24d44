/** The timeline's state: layout, window, what is folded, hovered and selected. Actions change it; painters read a Scene. */
import { batch, computed, signal } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { EventDetail, Layout, Place } from '../api/types';
import { formatDuration, plural } from '../base/format';
import type { Theme } from '../base/palette';
import { formatInstant } from '../base/ticks';
import { type Bytes, hull, lengthOf, type Ns, ns, type Px, px, type Span, span } from '../base/units';
import { type Arrangement, AS_RECORDED, move, toggle, togglePin } from '../model/arrangement';
import { coverOf } from '../model/cover';
import { pinnedBoxes } from '../model/head';
import { type Hit, hitTest, lanesShown, neighbourOf } from '../model/hit';
import { type Contended, contendedIn, neighbour } from '../model/intervals';
import { allLostIn, type LostHit, stallAt } from '../model/lost';
import { type Mark, withMark, withoutMark } from '../model/marks';
import { type Caps, markNear } from '../model/memory';
import { foldedAtFirst, rowsOf } from '../model/rows';
import type { LaunchArrow, Scene } from '../model/scene';
import { spanOf } from '../model/timeline';
import {
  centreOf,
  clampView,
  fitTo,
  levelFor,
  nsPerPx,
  panBy,
  toNs,
  type Viewport,
  zoomAt,
} from '../model/viewport';
import { during } from './activity';
import { Tiles } from './tiles';

/** Turns of a time-sliced device are some milliseconds: so much shows a few of them. */
const NEAR_NS = 12e6;

/** Nobody wants to be brought closer than this without asking. */
const NEAREST_NS = 2e4;

/** The pointer takes hold of an edge so near. */
const SNAP_PX = 6;

/** So many chosen ranges are kept. */
const MOST_CRUMBS = 6;

export class Timeline {
  readonly layout = signal<Layout | null>(null);
  readonly error = signal<string | null>(null);
  readonly window = signal<Span | null>(null);
  readonly width = signal<Px>(px(0));
  /** Null: as the layout suggests. */
  readonly arrangement = signal<Arrangement | null>(null);
  readonly hovered = signal<Hit | null>(null);
  readonly hoveredLost = signal<LostHit | null>(null);
  readonly selected = signal<Hit | null>(null);
  readonly detail = signal<EventDetail | null>(null);
  /** The chosen range, whether or not the window shows it. */
  readonly range = signal<Span | null>(null);
  readonly marks = signal<readonly Mark[]>([]);
  readonly cursor = signal<Px | null>(null);
  /** The instant whose holders of memory are shown; null: the peak. */
  readonly instant = signal<Ns | null>(null);
  readonly caps = signal<Caps>(new Map());
  /** Ranges that were chosen one inside the other, widest first; zooming and panning do not change them. */
  readonly crumbs = signal<readonly Span[]>([]);
  readonly announcement = signal('');
  readonly tiles = signal<Tiles | null>(null);
  #jumpedTo: number | null = null;

  constructor(
    readonly source: Source,
    readonly onOutdated: () => void,
  ) {}

  readonly arranged = computed((): Arrangement => {
    const layout = this.layout.value;
    const asSuggested = (): Arrangement =>
      layout === null ? AS_RECORDED : { ...AS_RECORDED, folded: foldedAtFirst(layout) };
    return this.arrangement.value ?? asSuggested();
  });

  /** Whether any launch call is shown: they are not in tiles unless asked for. */
  readonly hasLaunches = computed(() => this.arranged.value.launches.size > 0);

  readonly rows = computed(() => {
    const layout = this.layout.value;
    return layout === null ? null : rowsOf(layout, this.arranged.value);
  });

  readonly extent = computed(() => {
    const layout = this.layout.value;
    return layout === null ? null : spanOf(layout.extent);
  });

  readonly viewport = computed((): Viewport | null => {
    const extent = this.extent.value;
    const view = this.window.value ?? extent;
    if (extent === null || view === null || this.width.value <= 0) return null;
    return { view: clampView(view, extent), width: this.width.value };
  });

  /** The level at which the whole capture fits the screen; tiles above it are never needed. */
  readonly topLevel = computed(() => {
    const [layout, extent] = [this.layout.value, this.extent.value];
    if (layout === null || extent === null) return 0;
    return levelFor(lengthOf(extent) / Math.max(200, this.width.value), layout.levels);
  });

  readonly cover = computed(() => {
    const [layout, extent, viewport, tiles] = [
      this.layout.value,
      this.extent.value,
      this.viewport.value,
      this.tiles.value,
    ];
    if (layout === null || extent === null || viewport === null || tiles === null) return null;
    tiles.arrivals.value;
    const level = levelFor(nsPerPx(viewport), layout.levels);
    return coverOf(viewport.view, extent, level, this.topLevel.value, tiles.find);
  });

  readonly overview = computed(() => {
    const [extent, tiles] = [this.extent.value, this.tiles.value];
    if (extent === null || tiles === null || this.width.value <= 0) return null;
    tiles.arrivals.value;
    return coverOf(extent, extent, this.topLevel.value, this.topLevel.value, tiles.find);
  });

  readonly contended = computed(() => (this.cover.value === null ? [] : contendedIn(this.cover.value)));

  /** By session; without those whose loss is not known. */
  readonly lost = computed(() => {
    const [cover, layout] = [this.cover.value, this.layout.value];
    return cover === null ? new Map<number, never>() : allLostIn(cover, layout?.lost ?? []);
  });

  /** Show a device. A new revision of the same device keeps the window. */
  async open(device: string): Promise<void> {
    try {
      const layout = await during(this.source.layout(device));
      if (layout === STALE) return;
      batch(() => {
        this.error.value = null;
        this.layout.value = layout;
        this.#renewTiles();
        this.unhover();
        this.#deselect();
      });
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }

  #renewTiles(): void {
    const layout = this.layout.peek();
    if (layout === null) return;
    this.tiles.peek()?.close();
    this.source.drop('tiles');
    const { device, revision } = layout;
    this.tiles.value = new Tiles(this.source, device, revision, this.hasLaunches.peek(), this.onOutdated);
  }

  /** After a failure: ask once more for what is missing. */
  retry(device: string): void {
    this.error.value = null;
    if (this.layout.value?.device === device) this.tiles.value?.retry();
    else void this.open(device);
  }

  /** Ask for the tiles of the present window; called once a frame. */
  fetch(): void {
    const wanted = [...(this.overview.value?.missing ?? []), ...(this.cover.value?.missing ?? [])];
    this.tiles.value?.want(wanted);
  }

  /** From the call to its kernel, where one of the two is selected and the other is known. */
  readonly launch = computed((): LaunchArrow | null => {
    const [hit, event] = [this.selected.value, this.detail.value];
    if (hit === null || event === null) return null;
    const { lane, session } = hit.box.lane;
    const { launched, launch_ns: at } = event;
    if (launched) {
      const end = ns(event.start_ns + event.duration_ns);
      return { from: { at: end, lane }, to: { at: launched.start_ns, lane: launched.lane }, session };
    }
    if (at === null) return null;
    const end = ns(at + (event.launch_duration_ns ?? 0));
    return {
      from: { at: end, lane: event.launch_place?.lane ?? null },
      to: { at: event.start_ns, lane },
      session,
    };
  });

  /** What painters need, apart from what other parts of the panel know. */
  scene(theme: Theme): Scene | null {
    const [layout, rows, viewport, cover, overview] = [
      this.layout.value,
      this.rows.value,
      this.viewport.value,
      this.cover.value,
      this.overview.value,
    ];
    if (!layout || !rows || !viewport || !cover || !overview) return null;
    const mark = (hit: Hit | null): Scene['hovered'] =>
      hit === null ? null : { lane: hit.box.lane.lane, slice: hit.slice };
    return {
      layout,
      rows,
      theme,
      viewport,
      cover,
      overview,
      contended: this.contended.value,
      lost: this.lost.value,
      hoveredLost: this.hoveredLost.value,
      hovered: mark(this.hovered.value),
      selected: mark(this.selected.value),
      range: this.range.value,
      cursor: this.cursor.value,
      instant: this.instant.value,
      caps: this.caps.value,
      marks: this.marks.value,
      launch: this.launch.value,
    };
  }

  zoom(factor: number, at?: Px): void {
    const [viewport, extent] = [this.viewport.value, this.extent.value];
    if (viewport === null || extent === null) return;
    const anchor = at === undefined ? centreOf(viewport.view) : toNs(viewport, at);
    this.show(zoomAt(viewport.view, extent, anchor, factor));
  }

  /** Pan by a part of the window. */
  pan(part: number): void {
    const viewport = this.viewport.value;
    if (viewport !== null) this.panPx(px(part * viewport.width));
  }

  panPx(distance: Px): void {
    const [viewport, extent] = [this.viewport.value, this.extent.value];
    if (viewport === null || extent === null) return;
    this.show(panBy(viewport.view, extent, ns(distance * nsPerPx(viewport))));
  }

  show(view: Span): void {
    const extent = this.extent.value;
    if (extent === null) return;
    const next = clampView(view, extent);
    const isWhole = next.start === extent.start && next.end === extent.end;
    this.window.value = isWhole ? null : next;
  }

  /** Show everything. */
  fit(): void {
    batch(() => {
      this.window.value = null;
      this.crumbs.value = [];
    });
  }

  /** Show a range that the user chose, and remember it; one that does not lie in the last takes the place of what it left. */
  commit(range: Span): void {
    const extent = this.extent.value;
    if (extent === null) return;
    const next = clampView(range, extent);
    const kept = this.crumbs.value.filter((each) => each.start <= next.start && next.end <= each.end);
    batch(() => {
      this.show(next);
      this.crumbs.value = [...kept, next].slice(-MOST_CRUMBS);
    });
  }

  /** Zoom to the chosen range. */
  commitRange(): void {
    const range = this.range.value;
    if (range === null) return;
    batch(() => {
      this.commit(range);
      this.range.value = null;
    });
    this.announceWindow();
  }

  /** An instant near an edge of what is under the pointer is that edge. */
  snap(x: Px, y: Px): Ns {
    const viewport = this.viewport.value;
    if (viewport === null) return ns(0);
    const at = toNs(viewport, x);
    const slice = this.#hit(x, y)?.slice;
    if (slice === undefined) return at;
    const edge = at - slice.start < slice.end - at ? slice.start : slice.end;
    return Math.abs(edge - at) <= SNAP_PX * nsPerPx(viewport) ? edge : at;
  }

  /** Go back to a chosen range, and forget those inside it. */
  backTo(place: number): void {
    const crumb = this.crumbs.value[place];
    if (crumb === undefined) return;
    batch(() => {
      this.crumbs.value = this.crumbs.value.slice(0, place + 1);
      this.show(crumb);
    });
  }

  /** Fill half of the window with `target`. */
  frame(target: Span): void {
    const extent = this.extent.value;
    if (extent !== null) this.show(fitTo(target, extent, 0.5));
  }

  centreOn(at: Ns): void {
    const viewport = this.viewport.value;
    if (viewport === null) return;
    const half = lengthOf(viewport.view) / 2;
    this.show(span(at - half, at + half));
  }

  /** Go to the next or previous contended interval: fine ones from the window, beyond it those of the overview. */
  jump(direction: 1 | -1): void {
    const [viewport, extent, overview] = [this.viewport.value, this.extent.value, this.overview.value];
    if (viewport === null || extent === null || overview === null) return;
    const here = viewport.view;
    const fine = this.contended.value.filter((i) => i.start > here.start && i.end < here.end);
    const far = contendedIn(overview).filter((i) => i.end <= here.start || i.start >= here.end);
    const all = [...fine, ...far].sort((a, b) => a.start - b.start);
    const from = this.#jumpedTo ?? here.start - direction;
    const found = neighbour(all, from, direction);
    if (found === null) {
      this.announcement.value = 'No contended interval.';
      return;
    }
    const { interval } = found;
    this.#jumpedTo = interval.start;
    this.show(fitTo(interval, extent, 1));
    const merged = interval.count > 1 ? `, ${interval.count} intervals merged` : '';
    this.announcement.value = `Contended for ${formatDuration(lengthOf(interval))} by ${interval.depth} sessions${merged}.`;
  }

  /** Go to the longest contended interval; `near`: so that single kernels in its middle show. */
  showLongest(near: boolean): void {
    const [extent, overview] = [this.extent.value, this.overview.value];
    if (extent === null || overview === null) return;
    const longest = contendedIn(overview).reduce<Contended | null>(
      (best, each) => (best === null || lengthOf(each) > lengthOf(best) ? each : best),
      null,
    );
    if (longest === null) {
      this.announcement.value = 'No contended interval.';
      return;
    }
    const middle = (longest.start + longest.end) / 2;
    const half = Math.min(lengthOf(longest) / 2, NEAR_NS / 2);
    this.show(near ? span(middle - half, middle + half) : fitTo(longest, extent, 0.6));
    this.announceWindow();
  }

  /** `isHead`: the point is one of the head, below which pinned lanes are. */
  hover(x: Px, y: Px, isHead = false): void {
    batch(() => {
      this.hovered.value = this.#hit(x, y, isHead);
      this.hoveredLost.value = isHead ? null : this.#stall(x, y);
    });
  }

  async select(x: Px, y: Px, isHead = false): Promise<void> {
    const hit = this.#hit(x, y, isHead);
    if (hit === null) {
      this.#deselect();
      if (!isHead) this.#selectMemory(x, y);
    } else await this.#selectHit(hit);
  }

  /** Select an event and bring it into the window, with what it is to be seen beside, and its lane into sight. */
  async selectPlace(place: Place, beside: Span | null = null): Promise<void> {
    const layout = this.layout.value;
    const lane = layout?.lanes[place.lane];
    if (layout === null || lane === undefined) return;
    const { launches, folded, hidden, hiddenLanes } = this.arranged.value;
    if (lane.kind === 'launch' && !launches.has(lane.session)) this.arrange('launches', lane.session);
    if (folded.has(lane.session)) this.arrange('folded', lane.session);
    if (hidden.has(lane.session)) this.arrange('hidden', lane.session);
    if (hiddenLanes.has(lane.lane)) this.arrange('hiddenLanes', lane.lane);
    const where = spanOf(place);
    const viewport = this.viewport.value;
    const both = beside === null ? where : hull(where, beside);
    const isSeen = viewport !== null && viewport.view.start <= both.start && both.end <= viewport.view.end;
    if (beside !== null && !isSeen) this.show(fitTo(both, spanOf(layout.extent), 0.2));
    else if (!isSeen || lengthOf(where) < 3 * nsPerPx(viewport)) this.#approach(where);
    const rows = this.rows.value;
    const box = (rows === null ? [] : [...rows.pinned, ...lanesShown(rows)]).find((b) => b.lane === lane);
    const slice = { ...where, name: place.name, count: 1, busy: lengthOf(where), row: place.row, kind: 0 };
    await this.#selectHit({ box: box ?? { lane, top: px(0), height: px(0) }, slice });
  }

  /** Come near an event: closer where it would be a hair, never farther away. */
  #approach(where: Span): void {
    const viewport = this.viewport.value;
    if (viewport === null) return;
    const half = Math.min(lengthOf(viewport.view), Math.max(40 * lengthOf(where), NEAREST_NS)) / 2;
    const middle = (where.start + where.end) / 2;
    this.show(span(middle - half, middle + half));
  }

  async #selectHit(hit: Hit): Promise<void> {
    const layout = this.layout.value;
    batch(() => {
      this.selected.value = hit;
      this.detail.value = null;
    });
    if (layout === null) return;
    this.announcement.value = this.describe(hit);
    try {
      const middle = ns((hit.slice.start + hit.slice.end) / 2);
      const event = await during(this.source.event(layout.device, hit.box.lane.lane, hit.slice.row, middle));
      if (event !== STALE) this.detail.value = event;
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** A click on the memory track: who holds it there; near a mark, at that peak. */
  #selectMemory(x: Px, y: Px): boolean {
    const [viewport, box] = [this.viewport.value, this.rows.value?.memory ?? null];
    const layout = this.layout.value;
    const memory = layout?.memory ?? null;
    if (viewport === null || box === null || layout === null || memory === null) return false;
    if (memory.sessions.length === 0) return false;
    if (y < box.top || y > box.top + box.height) return false;
    const { start_ns: start, end_ns: end } = layout.window;
    // Outside the analysed window not all sessions are known: their holders would not add up to what is drawn.
    const at = ns(Math.min(Math.max(Math.round(toNs(viewport, x)), start), end));
    this.showMemoryAt(markNear(memory, at, ns(6 * nsPerPx(viewport)))?.at ?? at);
    return true;
  }

  showMemoryAt(at: Ns | null): void {
    this.instant.value = at;
    const extent = this.extent.value;
    if (at !== null && extent !== null) {
      this.announcement.value = `Holders of memory at ${formatInstant(at, extent.start, ns(1000))}, in the table Memory.`;
    }
  }

  /** Cap a session, or take its cap back. */
  cap(session: number, at: Bytes | null): void {
    const caps = new Map(this.caps.value);
    if (at === null) caps.delete(session);
    else caps.set(session, at);
    this.caps.value = caps;
  }

  clear(): void {
    batch(() => {
      this.range.value = null;
      this.instant.value = null;
      this.unhover();
      this.#deselect();
    });
  }

  /** Fold a session, leave one out, leave out a lane, or show a session's launch calls; or take it back. */
  arrange(what: 'folded' | 'hidden' | 'hiddenLanes' | 'launches', index: number): void {
    const before = this.hasLaunches.value;
    batch(() => {
      this.arrangement.value = toggle(this.arranged.value, what, index);
      if (this.hasLaunches.value !== before) this.#renewTiles();
    });
  }

  resetArrangement(): void {
    const before = this.hasLaunches.value;
    batch(() => {
      this.arrangement.value = null;
      if (this.hasLaunches.value !== before) this.#renewTiles();
    });
  }

  pin(lane: number): void {
    this.arrangement.value = togglePin(this.arranged.value, lane);
  }

  moveSession(session: number, by: 1 | -1): void {
    const sessions = this.layout.value?.sessions.length ?? 0;
    this.arrangement.value = move(this.arranged.value, sessions, session, by);
  }

  /** Mark the instant under the pointer, or the middle of the window. */
  mark(): void {
    const viewport = this.viewport.value;
    if (viewport === null) return;
    const x = this.cursor.value;
    const at = ns(Math.round(x === null ? centreOf(viewport.view) : toNs(viewport, x)));
    this.marks.value = withMark(this.marks.value, { at, note: '' });
    this.announcement.value = `Marked, in the table Marks.`;
  }

  note(at: Ns, note: string): void {
    this.marks.value = withMark(this.marks.value, { at, note });
  }

  unmark(at: Ns): void {
    this.marks.value = withoutMark(this.marks.value, at);
  }

  forgetJump(): void {
    this.#jumpedTo = null;
  }

  describe({ box, slice }: Hit): string {
    const session = this.layout.value?.sessions[box.lane.session]?.name ?? '';
    const many = slice.count > 1 ? `${plural(slice.count, 'event')}, longest ` : '';
    const duration = formatDuration(lengthOf(slice));
    return `${session}, ${box.lane.label}, ${many}${slice.name.slice(0, 200)}, ${duration}`;
  }

  #hit(x: Px, y: Px, isHead = false): Hit | null {
    const [viewport, cover, rows] = [this.viewport.value, this.cover.value, this.rows.value];
    const layout = this.layout.value;
    if (viewport === null || cover === null || rows === null || layout === null) return null;
    const boxes = isHead ? pinnedBoxes(rows, layout.sessions.length) : lanesShown(rows);
    return hitTest(cover, boxes, toNs(viewport, x), y, ns(2 * nsPerPx(viewport)));
  }

  #stall(x: Px, y: Px): LostHit | null {
    const [viewport, rows] = [this.viewport.value, this.rows.value];
    if (viewport === null || rows === null) return null;
    return stallAt(this.lost.value, rows, toNs(viewport, x), y, ns(2 * nsPerPx(viewport)));
  }

  unhover(): void {
    batch(() => {
      this.hovered.value = null;
      this.hoveredLost.value = null;
    });
  }

  #deselect(): void {
    this.selected.value = null;
    this.detail.value = null;
  }

  /** Select the event after (1) or before (-1) the selected one in its sub-lane, among those that the tiles have. */
  selectNeighbour(direction: 1 | -1): void {
    const [hit, cover, viewport] = [this.selected.value, this.cover.value, this.viewport.value];
    if (hit === null || cover === null || viewport === null) return;
    const next = neighbourOf(cover, hit, direction);
    if (next === null) return;
    if (next.start < viewport.view.start || next.end > viewport.view.end) this.centreOn(centreOf(next));
    void this.#selectHit({ box: hit.box, slice: next });
  }

  announceRange(): void {
    const range = this.range.value;
    if (range !== null) this.announcement.value = `Chosen range of ${formatDuration(lengthOf(range))}.`;
  }

  announceWindow(): void {
    const viewport = this.viewport.value;
    if (viewport !== null) this.announcement.value = `Window of ${formatDuration(lengthOf(viewport.view))}.`;
  }
}
