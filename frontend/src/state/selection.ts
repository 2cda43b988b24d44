/** The selected event, what the server knows of it, and the ways to others. */
import { batch, computed, signal } from '@preact/signals';
import type { EventDetail, LayoutLane, Place } from '../api/report';
import { STALE } from '../api/source';
import { formatDuration, plural } from '../base/format';
import { hull, lengthOf, type Ns, ns, px, type Span, span } from '../base/units';
import { asCount, asNs, type Codec } from '../model/hash';
import { type Hit, lanesShown, neighbourOf, sliceNear } from '../model/hit';
import type { LaneBox, Rows } from '../model/rows';
import type { LaunchArrow } from '../model/scene';
import { spanOf } from '../model/timeline';
import { centreOf, nsPerPx } from '../model/viewport';
import { during, messageOf } from './activity';
import { keyOf, PLACE } from './address';
import type { Content } from './content';
import type { Lanes } from './lanes';
import type { OpenDevice } from './open_device';
import type { TimeWindow } from './window';

/** An event by its lane, its sub-lane and an instant within it. */
interface EventPlace {
  readonly lane: number;
  readonly row: number;
  readonly at: Ns;
}

const EVENT: Codec<EventPlace | null> = {
  pack: (place) => (place === null ? '' : `${place.lane}~${place.row}~${place.at}`),
  unpack: (text) => {
    const parts = text.split('~');
    const [lane, row, at] = [asCount(parts[0]), asCount(parts[1] ?? ''), asNs(parts[2] ?? '')];
    return lane === undefined || row === undefined || at === undefined ? null : { lane, row, at };
  },
};

const placeOf = ({ box, slice }: Hit): EventPlace => ({
  lane: box.lane.lane,
  row: slice.row,
  at: ns(Math.floor(centreOf(slice))),
});

const isWithin = (inner: Span, outer: Span): boolean => outer.start <= inner.start && inner.end <= outer.end;

export class Selection {
  readonly selected = signal<Hit | null>(null);
  readonly detail = signal<EventDetail | null>(null);
  /** Where the selected event is; ahead of it when it comes from the address. */
  readonly place = signal<EventPlace | null>(null);
  readonly keys = [keyOf('event', EVENT, this.place, PLACE)];

  constructor(
    readonly device: OpenDevice,
    readonly window: TimeWindow,
    readonly lanes: Lanes,
    readonly content: Content,
  ) {}

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

  async select(hit: Hit): Promise<void> {
    const { layout, source, announcement, error } = this.device;
    batch(() => {
      this.selected.value = hit;
      this.detail.value = null;
      this.place.value = placeOf(hit);
    });
    if (layout.value === null) return;
    announcement.value = this.#describe(hit);
    try {
      const { box, slice } = hit;
      const asked = source.event(layout.value.device, box.lane.lane, slice.row, centreOf(slice));
      const event = await during(asked);
      if (event !== STALE) this.detail.value = event;
    } catch (failure) {
      error.value = messageOf(failure);
    }
  }

  clear(): void {
    batch(() => {
      this.selected.value = null;
      this.detail.value = null;
      this.place.value = null;
    });
  }

  /** Select what the address names, unless it is selected. */
  async follow(): Promise<void> {
    const hit = this.selected.value;
    if (EVENT.pack(hit && placeOf(hit)) !== EVENT.pack(this.place.value)) await this.find();
  }

  /** Select what the address names; on other files or another analysis only if it still is what was selected. */
  async find(): Promise<void> {
    const [place, layout, rows] = [this.place.value, this.device.layout.value, this.lanes.rows.value];
    const old = this.selected.value;
    const known =
      old !== null && place !== null && EVENT.pack(placeOf(old)) === EVENT.pack(place) ? old : null;
    batch(() => {
      this.selected.value = null;
      this.detail.value = null;
    });
    const lane = layout?.lanes[place?.lane ?? -1];
    if (place === null || layout === null || rows === null || lane === undefined) return;
    try {
      const event = await during(this.device.source.event(layout.device, place.lane, place.row, place.at));
      if (event === STALE || this.place.value !== place) return;
      if (event === null || (known !== null && known.slice.name !== event.name)) return;
      const end = ns(event.start_ns + event.duration_ns);
      const { name, kind, duration_ns: busy } = event;
      const slice = { ...span(event.start_ns, end), name, count: 1, busy, row: place.row, kind };
      batch(() => {
        this.selected.value = { box: this.#boxOf(rows, lane), slice };
        this.detail.value = event;
      });
    } catch (failure) {
      this.device.error.value = messageOf(failure);
    }
  }

  /** Where a lane is drawn; without height where it is not. */
  #boxOf(rows: Rows, lane: LayoutLane): LaneBox {
    const found = [...rows.pinned, ...lanesShown(rows)].find((box) => box.lane === lane);
    return found ?? { lane, top: px(0), height: px(0) };
  }

  /** Select an event and bring it into the window, with what it is to be seen beside, and its lane into sight. */
  async selectPlace(place: Place, beside: Span | null = null): Promise<void> {
    const lane = this.device.layout.value?.lanes[place.lane];
    if (lane === undefined) return;
    this.lanes.reveal(lane);
    const where = spanOf(place);
    const viewport = this.window.viewport.value;
    const both = beside === null ? where : hull(where, beside);
    const isSeen = viewport !== null && isWithin(both, viewport.view);
    if (beside !== null && !isSeen) this.window.frame(both, 0.2);
    else if (!isSeen || lengthOf(where) < 3 * nsPerPx(viewport)) this.window.approach(where);
    const rows = this.lanes.rows.value;
    if (rows === null) return;
    const slice = { ...where, name: place.name, count: 1, busy: lengthOf(where), row: place.row, kind: 0 };
    await this.select({ box: this.#boxOf(rows, lane), slice });
  }

  /** Select the event after (1) or before (-1) the selected one in its sub-lane, among those that the tiles have. */
  selectNeighbour(direction: 1 | -1): void {
    const [hit, cover, viewport] = [
      this.selected.value,
      this.content.cover.value,
      this.window.viewport.value,
    ];
    if (cover === null || viewport === null) return;
    if (hit === null) {
      this.#selectMiddle();
      return;
    }
    const next = neighbourOf(cover, hit, direction);
    if (next === null) {
      this.device.tell(`No event ${direction === 1 ? 'after' : 'before'} this one in its lane.`);
      return;
    }
    if (!isWithin(next, viewport.view)) this.window.centreOn(centreOf(next));
    void this.select({ box: hit.box, slice: next });
  }

  /** Where nothing is selected yet: the event nearest to the middle of the window in the first lane that has one. */
  #selectMiddle(): void {
    const [cover, viewport] = [this.content.cover.value, this.window.viewport.value];
    const rows = this.lanes.rows.value;
    if (cover === null || viewport === null || rows === null) return;
    const streams = lanesShown(rows).filter(({ lane }) => lane.kind === 'stream');
    for (const box of streams) {
      const at = centreOf(viewport.view);
      const slice = sliceNear(cover, box.lane.lane, 0, at, ns(lengthOf(viewport.view) / 2));
      if (slice === null) continue;
      void this.select({ box, slice });
      return;
    }
    this.device.tell('No event in the window.');
  }

  #describe({ box, slice }: Hit): string {
    const session = this.device.nameOf(box.lane.session);
    const many = slice.count > 1 ? `${plural(slice.count, 'event')}, longest ` : '';
    const duration = formatDuration(lengthOf(slice));
    return `${session}, ${box.lane.label}, ${many}${slice.name.slice(0, 200)}, ${duration}`;
  }
}
