/** The way from one contended interval to the next, and to the longest. */
import { formatDuration } from '../base/format';
import { lengthOf, type Span, span } from '../base/units';
import { contendedIn, neighbour } from '../model/intervals';
import { centreOf } from '../model/viewport';
import type { Content } from './content';
import type { OpenDevice } from './open_device';
import type { TimeWindow } from './window';

/** Turns of a time-sliced device are some milliseconds: so much shows a few of them. */
const NEAR_NS = 12e6;

const NONE = 'No contended interval.';

export class Jumping {
  /** Where the last jump led, and the window that it left; another window is one from which jumps start anew. */
  #last: { readonly at: number; readonly window: Span | null } | null = null;

  constructor(
    readonly device: OpenDevice,
    readonly window: TimeWindow,
    readonly content: Content,
  ) {}

  /** Go to the next or previous contended interval: fine ones from the window, beyond it those of the overview. */
  jump(direction: 1 | -1): void {
    const [here, overview] = [this.window.viewport.value?.view, this.content.overview.value];
    const { announcement } = this.device;
    if (here === undefined || overview === null) return;
    const fine = this.content.contended.value.filter((i) => i.start > here.start && i.end < here.end);
    const far = contendedIn(overview).filter((i) => i.end <= here.start || i.start >= here.end);
    const all = [...fine, ...far].sort((a, b) => a.start - b.start);
    const { span: shown } = this.window;
    const from = this.#last?.window === shown.value ? this.#last.at : here.start - direction;
    const found = neighbour(all, from, direction);
    if (found === null) {
      this.device.tell(NONE);
      return;
    }
    const { interval } = found;
    this.window.frame(interval, 1);
    // What was jumped to is what is selected: the timeline measures it, and tables are of it.
    this.window.range.value = span(interval.start, interval.end);
    this.#last = { at: interval.start, window: shown.value };
    const merged = interval.count > 1 ? `, ${interval.count} intervals merged` : '';
    announcement.value = `Contended for ${formatDuration(lengthOf(interval))} by ${interval.depth} sessions${merged}.`;
  }

  /** Go to the longest contended interval; `near`: so that single kernels in its middle show. */
  showLongest(near: boolean): void {
    const overview = this.content.overview.value;
    if (overview === null) return;
    const longest = [...contendedIn(overview)].sort((a, b) => lengthOf(b) - lengthOf(a)).at(0);
    if (longest === undefined) {
      this.device.tell(NONE);
      return;
    }
    const middle = centreOf(longest);
    const half = Math.min(lengthOf(longest), NEAR_NS) / 2;
    if (near) this.window.show(span(middle - half, middle + half));
    else this.window.frame(longest, 0.6);
    this.window.announce();
  }
}
