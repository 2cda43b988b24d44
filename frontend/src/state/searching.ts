/** The search: a name, where its events are in the window, and the way from one to the next. */
import { computed, signal } from '@preact/signals';
import type { SearchResult } from '../api/report';
import { type Source, STALE, type Wanted } from '../api/source';
import { type Ns, ns, type Span, span } from '../base/units';
import type { Codec } from '../model/hash';
import { during, messageOf } from './activity';
import { keyOf } from './address';
import { keepAsking } from './asking';
import type { Timeline } from './timeline';

/** Typing and panning ask many times a second. */
const SETTLE_MS = 150;

/** A name that is searched for. */
export interface Search {
  readonly text: string;
  readonly isExact: boolean;
}

/** A whole name is written as `=name`, a part of one as `~part`. */
const SEARCH: Codec<Search | null> = {
  pack: (search) => (search === null ? '' : `${search.isExact ? '=' : '~'}${search.text}`),
  unpack: (text) => (/^[=~]./s.test(text) ? { text: text.slice(1), isExact: text[0] === '=' } : null),
};

interface Question {
  readonly device: string;
  readonly revision: string;
  readonly wanted: Wanted;
  readonly view: Span;
}

export class Searching {
  readonly search = signal<Search | null>(null);
  readonly keys = [keyOf('find', SEARCH, this.search)];
  readonly found = signal<SearchResult | null>(null);
  readonly error = signal<string | null>(null);

  constructor(
    readonly source: Source,
    readonly timeline: Timeline,
  ) {}

  readonly #wanted = computed((): Wanted | null => {
    const search = this.search.value;
    return search === null ? null : { ...search, launches: this.timeline.lanes.hasLaunches.value };
  });

  readonly #question = computed((): Question | null => {
    const [wanted, layout] = [this.#wanted.value, this.timeline.layout.value];
    const view = this.timeline.window.viewport.value?.view ?? null;
    if (wanted === null || layout === null || view === null) return null;
    return { device: layout.device, revision: layout.revision, wanted, view };
  });

  /** By lane: places of hits in the window. */
  readonly hits = computed((): ReadonlyMap<number, readonly Span[]> => {
    const lanes = this.found.value?.lanes ?? [];
    return new Map(
      lanes.map(({ lane, start_ns: start, end_ns: end }) => [lane, start.map((at, i) => span(at, end[i]))]),
    );
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: ({ device, wanted, view }) => this.source.search(device, wanted, view, SETTLE_MS),
      show: (found) => {
        this.found.value = found;
      },
      drop: () => this.source.drop('search'),
    });
  }

  /** Look for a part of a name, or with `isExact` for a whole one; nothing for ''. */
  look(text: string, isExact = false): void {
    this.search.value = text === '' ? null : { text, isExact };
  }

  /** Go to the next or previous hit: from the selected event, else from where the window begins. */
  async next(direction: 1 | -1): Promise<void> {
    const [wanted, layout] = [this.#wanted.value, this.timeline.layout.value];
    const from = this.#from(direction);
    if (wanted === null || layout === null || from === null) return;
    try {
      const hit = await during(this.source.nextHit(layout.device, wanted, from, direction));
      if (hit === STALE) return;
      if (hit === null) this.timeline.tell('No event has this name.');
      else await this.timeline.selection.selectPlace(hit);
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  #from(direction: 1 | -1): Ns | null {
    const [selected, viewport] = [
      this.timeline.selection.selected.value,
      this.timeline.window.viewport.value,
    ];
    if (selected !== null) return selected.slice.start;
    if (viewport === null) return null;
    return ns(direction === 1 ? viewport.view.start - 1 : viewport.view.end);
  }
}
