/** Slices of one lane: rectangles where they are wide enough, density per pixel where they are not. */

import { formatDuration } from '../base/format';
import { textOn } from '../base/palette';
import { ns, type Span } from '../base/units';
import type { Piece } from '../model/cover';
import type { LaneTrack } from '../model/timeline';
import { nsPerPx, toPx, type Viewport } from '../model/viewport';
import { crop } from './labels';
import type { Renderer } from './renderer';

/** Kinds of slices on the wire. */
const COPY = 1;
const MEMSET = 2;

const SHADES = 8;
const FAINTEST = 0.22;

interface Label {
  readonly x: number;
  readonly width: number;
  readonly y: number;
  readonly text: string;
}

interface Batch {
  /** One list of rectangles for each shade: a frame sets the fill colour a few times only. */
  readonly shades: number[][];
  readonly labels: Label[];
  /** Single events that reach over a tile's border come from both tiles, and are drawn once. */
  readonly whole: Set<string>;
}

interface LaneLook {
  readonly top: number;
  readonly rowHeight: number;
  readonly colour: string;
  /** Rows lie on top of each other and carry no names: minimap and folded groups. */
  readonly flat: boolean;
  readonly cover?: LaneCover;
}

/** What is drawn over slices and under their names; `drawn` is all their rectangles. */
export interface LaneCover {
  readonly paint: (drawn: readonly number[]) => void;
  readonly meets: (left: number, right: number) => boolean;
}

const shadeOf = (part: number): number => Math.min(SHADES - 1, Math.max(0, Math.ceil(part * SHADES) - 1));

const alphaOf = (shade: number): number => FAINTEST + ((1 - FAINTEST) * (shade + 1)) / SHADES;

/** Gathers slices narrower than a pixel into one column a row. */
class Column {
  #x = Number.NaN;
  #busy = 0;
  #y = 0;

  constructor(
    readonly perPx: number,
    readonly height: number,
    readonly batch: Batch,
  ) {}

  add(x: number, y: number, busy: number): void {
    const column = Math.floor(x);
    if (column !== this.#x || y !== this.#y) this.flush();
    this.#x = column;
    this.#y = y;
    this.#busy += busy;
  }

  flush(): void {
    if (this.#busy > 0) {
      const shade = shadeOf(Math.min(1, this.#busy / this.perPx));
      this.batch.shades[shade].push(this.#x, this.#y, 1, this.height);
    }
    this.#busy = 0;
  }
}

interface Extent {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

function addWide(
  batch: Batch,
  names: readonly string[],
  track: LaneTrack,
  i: number,
  at: Extent,
  look: LaneLook,
): void {
  const width = at.right - at.left;
  const height = look.rowHeight - 1;
  const isTransfer = track.kind[i] === COPY || track.kind[i] === MEMSET;
  const length = track.end[i] - track.start[i];
  const density = length > 0 ? Math.min(1, track.busy[i] / length) : 1;
  // Copies are lighter than kernels: hue is taken by the session.
  const shade = shadeOf(isTransfer ? density * 0.55 : density);
  // A pixel between neighbours keeps equal kernels apart.
  const gap = width > 3 && track.count[i] === 1 ? 1 : 0;
  batch.shades[shade].push(at.left, at.y, width - gap, height);
  if (look.flat || width < 26 || track.count[i] > 1) return;
  batch.labels.push({ x: at.left, width, y: at.y + height / 2, text: names[track.name[i]] ?? '' });
}

/** True the first time that a single event is met; merged slices belong to one tile anyway. */
function isFirst(batch: Batch, lane: number, track: LaneTrack, i: number): boolean {
  const key = `${lane}|${track.row[i]}|${track.start[i]}|${track.end[i]}`;
  if (batch.whole.has(key)) return false;
  batch.whole.add(key);
  return true;
}

function gather(batch: Batch, piece: Piece, lane: number, viewport: Viewport, look: LaneLook): void {
  const track = piece.tile?.lanes.get(lane);
  if (piece.tile === null || track === undefined) return;
  const perPx = nsPerPx(viewport);
  const columns = new Map<number, Column>();
  const from = Math.max(toPx(viewport, piece.clip.start), 0);
  const to = Math.min(toPx(viewport, piece.clip.end), viewport.width);
  for (let i = 0; i < track.n; i += 1) {
    const left = toPx(viewport, track.start[i]);
    const right = toPx(viewport, track.end[i]);
    if (right <= from || left >= to) continue;
    const y = look.top + (look.flat ? 0 : track.row[i] * look.rowHeight);
    if (right - left < 1) {
      const column = columns.get(track.row[i]) ?? new Column(perPx, look.rowHeight - 1, batch);
      columns.set(track.row[i], column);
      column.add(Math.max(left, from), y, Math.max(track.busy[i], perPx * 0.02));
    } else if (track.count[i] > 1) {
      addWide(
        batch,
        piece.tile.names,
        track,
        i,
        { left: Math.max(left, from), right: Math.min(right, to), y },
        look,
      );
    } else if ((left >= from && right <= to) || isFirst(batch, lane, track, i)) {
      const at = { left: Math.max(left, 0), right: Math.min(right, viewport.width), y };
      addWide(batch, piece.tile.names, track, i, at, look);
    }
  }
  for (const column of columns.values()) column.flush();
}

/** Draw a stream lane; `lanes` are more than one when a folded group shows all its streams in one strip. */
export function paintLane(
  renderer: Renderer,
  pieces: readonly Piece[],
  lanes: readonly number[],
  viewport: Viewport,
  look: LaneLook,
): void {
  const batch: Batch = { shades: Array.from({ length: SHADES }, () => []), labels: [], whole: new Set() };
  for (const piece of pieces) {
    for (const lane of lanes) gather(batch, piece, lane, viewport, look);
  }
  batch.shades.forEach((rects, shade) => {
    if (rects.length > 0) renderer.rects(rects, look.colour, alphaOf(shade));
  });
  look.cover?.paint(batch.shades.flat());
  const style = { colour: textOn(look.colour), size: look.rowHeight < 18 ? 10 : 11 };
  for (const label of batch.labels) {
    const text = crop(renderer, label.text, label.width - 8, style);
    if (text === null) continue;
    const width = renderer.measure(text, style);
    // Text over a hatch needs a ground of its own.
    if (look.cover?.meets(label.x, label.x + width + 8)) {
      renderer.rects([label.x + 2, label.y - 7, width + 4, 14], look.colour, 0.9);
    }
    renderer.text(text, label.x + 4, label.y, style);
  }
}

interface StepBox {
  readonly x: number;
  readonly right: number;
  readonly row: number;
  readonly name: string;
  readonly length: number;
}

/** A step that spans tiles comes once from each; the box is drawn once, over all of its visible part. */
function stepBoxes(pieces: readonly Piece[], lane: number, viewport: Viewport): readonly StepBox[] {
  const boxes = new Map<string, StepBox>();
  for (const { tile, clip } of pieces) {
    const track = tile?.lanes.get(lane);
    if (!tile || !track) continue;
    for (let i = 0; i < track.n; i += 1) {
      const [start, end] = [track.start[i], track.end[i]];
      if (end <= clip.start || start >= clip.end) continue;
      const [left, right] = [toPx(viewport, start), toPx(viewport, end)];
      if (right <= 0 || left >= viewport.width) continue;
      const name = track.count[i] > 1 ? `${track.count[i]} steps` : (tile.names[track.name[i]] ?? '');
      const box = {
        x: Math.max(left, -4),
        right: Math.min(right, viewport.width + 4),
        row: track.row[i],
        name,
        length: end - start,
      };
      boxes.set(`${start}|${end}|${track.row[i]}`, box);
    }
  }
  return [...boxes.values()];
}

export interface StepLook {
  readonly top: number;
  readonly rowHeight: number;
  readonly outline: string;
  readonly text: string;
}

/** Draw a steps lane: outlined boxes; where they crowd, only their borders remain. */
export function paintSteps(
  renderer: Renderer,
  pieces: readonly Piece[],
  lane: number,
  viewport: Viewport,
  look: StepLook,
): void {
  const height = look.rowHeight - 2;
  const style = { colour: look.text, size: 10 };
  const ticks: number[] = [];
  for (const box of stepBoxes(pieces, lane, viewport)) {
    const y = look.top + box.row * look.rowHeight + 1;
    const width = box.right - box.x;
    if (width < 4) {
      ticks.push(Math.floor(box.x), y, 1, height);
      continue;
    }
    renderer.outline(Math.round(box.x), y, Math.round(width), height, look.outline);
    const full = `${box.name} · ${formatDuration(ns(box.length))}`;
    const room = Math.min(box.right, viewport.width) - Math.max(box.x, 0) - 10;
    const fitting = renderer.measure(full, style) <= room ? full : formatDuration(ns(box.length));
    if (renderer.measure(fitting, style) <= room) {
      renderer.text(fitting, Math.max(box.x, 0) + 6, y + height / 2 + 0.5, style);
    }
  }
  if (ticks.length > 0) renderer.rects(ticks, look.outline, 0.5);
}

/** Cross out what is not loaded yet. */
export const unloadedIn = (pieces: readonly Piece[]): readonly Span[] =>
  pieces.filter((piece) => piece.tile === null).map((piece) => piece.clip);
