/** The timeline: the layout of the open device, and the parts that stand on it. Actions change them; painters read a Scene. */
import { batch, computed, signal } from '@preact/signals';
import type { Layout } from '../api/report';
import { type Source, STALE } from '../api/source';
import type { Theme } from '../base/palette';
import { formatInstant } from '../base/ticks';
import { type Ns, ns, type Px } from '../base/units';
import type { Scene } from '../model/scene';
import { spanOf } from '../model/timeline';
import { during, messageOf } from './activity';
import { restore } from './address';
import { Content } from './content';
import { Jumping } from './jumping';
import { Lanes } from './lanes';
import { Marks } from './marks';
import { MemoryCursor } from './memory_cursor';
import type { OpenDevice } from './open_device';
import { Pointer } from './pointer';
import { Selection } from './selection';
import { TimeWindow } from './window';

/** Long enough to read a sentence. */
const NOTICE_MS = 6000;

export class Timeline implements OpenDevice {
  readonly layout = signal<Layout | null>(null);
  readonly error = signal<string | null>(null);
  readonly announcement = signal('');
  /** '' for nothing to say. */
  readonly notice = signal('');
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly extent = computed(() => {
    const layout = this.layout.value;
    return layout === null ? null : spanOf(layout.extent);
  });

  readonly window = new TimeWindow(this);
  readonly lanes = new Lanes(this, () => this.content.renew());
  readonly content: Content = new Content(this, this.window, this.lanes, () => this.onOutdated());
  readonly pointer = new Pointer(this.window, this.lanes, this.content);
  readonly selection = new Selection(this, this.window, this.lanes, this.content);
  readonly memoryCursor = new MemoryCursor(this, this.window, this.lanes);
  readonly marks = new Marks(this);
  readonly jumping = new Jumping(this, this.window, this.content);
  readonly keys = [this.window, this.selection, this.memoryCursor, this.lanes, this.marks].flatMap(
    ({ keys }) => keys,
  );

  constructor(
    readonly source: Source,
    readonly onOutdated: () => void,
    /** The label of a session by its id. */
    readonly labelOf: (id: string) => string,
  ) {}

  nameOf(session: number): string {
    const id = this.layout.value?.sessions[session]?.id;
    return id === undefined ? '' : this.labelOf(id);
  }

  instantText(at: Ns, precision = 1000): string {
    return formatInstant(at, this.extent.value?.start ?? ns(0), ns(precision));
  }

  tell(text: string): void {
    clearTimeout(this.#noticeTimer);
    this.announcement.value = text;
    this.notice.value = text;
    this.#noticeTimer = setTimeout(() => {
      this.notice.value = '';
    }, NOTICE_MS);
  }

  /** Show a device. A new revision of the same device keeps the window. */
  async open(device: string): Promise<void> {
    try {
      const layout = await during(this.source.layout(device));
      if (layout === STALE) return;
      batch(() => {
        this.error.value = null;
        this.layout.value = layout;
        this.content.renew();
        this.pointer.unhover();
      });
      // The first frame would ask for them, too, but only after the document is laid out.
      this.content.fetch();
      await this.selection.find();
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  /** After a failure: ask once more for what is missing. */
  retry(device: string): void {
    this.error.value = null;
    if (this.layout.value?.device === device) this.content.tiles.value?.retry();
    else void this.open(device);
  }

  /** What painters need, apart from what other parts of the panel know. */
  scene(theme: Theme): Scene | null {
    const { window, lanes, content, pointer, selection, memoryCursor, marks } = this;
    const [layout, rows, viewport, cover, overview] = [
      this.layout.value,
      lanes.rows.value,
      window.viewport.value,
      content.cover.value,
      content.overview.value,
    ];
    if (!layout || !rows || !viewport || !cover || !overview) return null;
    return {
      layout,
      rows,
      theme,
      viewport,
      cover,
      overview,
      contended: content.contended.value,
      lost: content.lost.value,
      hoveredLost: pointer.hoveredLost.value,
      hovered: pointer.hovered.value,
      selected: selection.selected.value,
      range: window.range.value,
      cursor: pointer.cursor.value,
      instant: memoryCursor.instant.value,
      caps: memoryCursor.caps.value,
      marks: marks.all.value,
      launch: selection.launch.value,
    };
  }

  /** A click: an event, else the memory track, else nothing is selected. */
  click(x: Px, y: Px, isHead = false): void {
    const hit = this.pointer.hit(x, y, isHead);
    if (hit !== null) void this.selection.select(hit);
    else {
      this.selection.clear();
      if (!isHead) this.memoryCursor.pick(x, y);
    }
  }

  clear(): void {
    batch(() => {
      this.window.range.value = null;
      this.memoryCursor.instant.value = null;
      this.pointer.unhover();
      this.selection.clear();
    });
  }

  /** Nothing is open any more: for another group. */
  close(): void {
    batch(() => {
      this.layout.value = null;
      this.content.close();
      this.reset();
    });
  }

  /** As at first: for another device. */
  reset(): void {
    batch(() => {
      restore(this.keys, new Map());
      this.window.crumbs.value = [];
      this.clear();
    });
  }
}
