/** All that the painters look at for one frame. */
import type { Theme } from '../base/palette';
import type { Ns, Px, Span } from '../base/units';
import type { Cover } from './cover';
import type { Hit } from './hit';
import type { Contended } from './intervals';
import type { Lost, LostHit } from './lost';
import type { Mark } from './marks';
import type { Caps } from './memory';
import type { Rows } from './rows';
import type { TimelineLayout } from './timeline';
import type { Viewport } from './viewport';

/** The end of a launch call and the start of its kernel, each with the lane that shows it; null: none does. */
export interface LaunchArrow {
  readonly from: { readonly at: Ns; readonly lane: number | null };
  readonly to: { readonly at: Ns; readonly lane: number };
  readonly session: number;
}

export interface Scene {
  readonly layout: TimelineLayout;
  readonly rows: Rows;
  readonly theme: Theme;
  readonly viewport: Viewport;
  readonly cover: Cover;
  readonly contended: readonly Contended[];
  /** By session; without those whose loss is not known. */
  readonly lost: ReadonlyMap<number, readonly Lost[]>;
  readonly hoveredLost: LostHit | null;
  /** The whole capture at the coarsest useful level, for the minimap. */
  readonly overview: Cover;
  readonly hovered: Hit | null;
  readonly selected: Hit | null;
  /** A range being drawn with the pointer. */
  readonly range: Span | null;
  readonly cursor: Px | null;
  /** The instant whose holders of memory are shown. */
  readonly instant?: Ns | null;
  readonly caps?: Caps;
  /** By lane: where events of the wanted name are. */
  readonly hits?: ReadonlyMap<number, readonly Span[]>;
  readonly marks?: readonly Mark[];
  /** A session that is being moved by hand, and by how much. */
  readonly shifting?: { readonly session: number; readonly by: Ns } | null;
  /** From the call that launched the selected kernel, or from the selected call to its kernel. */
  readonly launch?: LaunchArrow | null;
}

/** What follows the pointer and the selection, and is drawn above the rest. */
const ABOVE: ReadonlySet<string> = new Set<keyof Scene>([
  'hovered',
  'hoveredLost',
  'selected',
  'range',
  'cursor',
  'launch',
]);

/** All that the rest depends on. */
export const groundOf = (scene: Scene): readonly unknown[] =>
  Object.entries(scene).flatMap(([name, value]) => (ABOVE.has(name) ? [] : [value]));
