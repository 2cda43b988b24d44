/** The timeline: labels as document text, plots as two canvases, and the same in words for those who do not see them. */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatDuration, formatShare, plural } from '../base/format';
import { lengthOf, type Px } from '../base/units';
import { paintBody } from '../canvas/body';
import type { Canvas2DRenderer } from '../canvas/canvas2d';
import { paintHead } from '../canvas/head';
import { headHeight } from '../model/head';
import { Frame } from '../state/activity';
import type { Panel } from '../state/panel';
import { Detail, Tooltip } from './apart';
import { rendererOf, sceneOf, watchDensity, watchWidth } from './drawing';
import { listen } from './gestures';
import { listenForKeys } from './keys';
import { BodyLabels, HeadLabels } from './labels';
import { MarkNote, RangeTag } from './on_timeline';
import { ShiftNote } from './shift_note';
import { Toolbar } from './toolbar';

const FIRST_PAINT = 'tb_contention.first_paint';

/** Draws both canvases from the present state; made once both are in the document. */
class Stage {
  readonly frame = new Frame(() => this.draw());

  constructor(
    readonly panel: Panel,
    readonly head: Canvas2DRenderer,
    readonly body: Canvas2DRenderer,
  ) {}

  draw(): void {
    const { timeline } = this.panel;
    const scene = sceneOf(this.panel);
    if (scene === null) return;
    const ratio = window.devicePixelRatio || 1;
    const width = scene.viewport.width;
    this.head.resize(width, headHeight(scene.layout.sessions.length, scene.rows.pinnedHeight), ratio);
    this.body.resize(width, scene.rows.height, ratio);
    paintHead(this.head, scene);
    paintBody(this.body, scene);
    timeline.content.fetch();
    const hasContent = scene.cover.pieces.some((piece) => piece.tile !== null);
    if (!hasContent || this.panel.isPainted.peek()) return;
    performance.mark(FIRST_PAINT);
    this.panel.isPainted.value = true;
  }
}

/** The page is printed as it stands when the query changes: a drawing at the next frame would come too late. */
function watchPrint(draw: () => void, signal: AbortSignal): void {
  matchMedia('print').addEventListener('change', draw, { signal });
}

function useStage(panel: Panel) {
  const stage = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLCanvasElement>(null);
  const body = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<Stage | null>(null);
  const { timeline, host } = panel;
  useLayoutEffect(() => {
    if (stage.current === null || head.current === null || body.current === null) return;
    const renderers = [rendererOf(head.current), rendererOf(body.current)] as const;
    if (renderers[0] === null || renderers[1] === null) {
      // The tables below show the same: the panel works without its pictures.
      timeline.error.value = 'this browser has no 2D canvas.';
      panel.isPainted.value = true;
      return;
    }
    const made = new Stage(panel, renderers[0], renderers[1]);
    drawing.current = made;
    const off = new AbortController();
    const { signal } = off;
    listen(panel, stage.current, head.current, body.current, signal);
    listenForKeys(panel, stage.current, signal);
    const onWidth = (width: Px): void => {
      timeline.window.width.value = width;
    };
    watchWidth(head.current, onWidth, signal);
    watchDensity(() => made.frame.request(), signal);
    watchPrint(() => made.draw(), signal);
    made.frame.request();
    return () => {
      off.abort();
      made.frame.cancel();
    };
  }, [panel]);
  useSignalEffect(() => {
    // Reading all that a frame shows is what subscribes to it.
    sceneOf(panel);
    if (host.isShown.value) drawing.current?.frame.request();
    else drawing.current?.frame.cancel();
  });
  return { stage, head, body };
}

function describe(panel: Panel): string {
  const viewport = panel.timeline.window.viewport.value;
  const device = panel.device.value;
  if (viewport === null || device === null) return 'Timeline, loading';
  const { contended_ns: contended, window_ns: window } = device.time;
  return [
    `Timeline of ${plural(device.sessions.length, 'session')}`,
    `showing ${formatDuration(lengthOf(viewport.view))}`,
    `${formatShare(contended, window)} of the analysed window ${device.is_host ? 'with overlap' : 'contended'}`,
  ].join(', ');
}

/** What the hatches mean. */
function Legend({ panel }: { panel: Panel }): JSX.Element | null {
  const layout = panel.timeline.layout.value;
  if (layout === null || layout.sessions.length < 2) return null;
  return (
    <p class="legend small muted">
      <i class="band" /> two sessions at once
      <i class="band cross" /> three or more
      {layout.lost.length > 0 && (
        <>
          <i class="stretched" /> kernel stretched by other sessions
          <i class="stalled" /> stalled behind other sessions
        </>
      )}
    </p>
  );
}

function Status({ panel }: { panel: Panel }): JSX.Element {
  const { timeline } = panel;
  const device = panel.device.value;
  const error = timeline.error.value ?? timeline.content.tiles.value?.error.value ?? null;
  return (
    <>
      {error !== null && (
        <div class="failure" role="alert">
          <span>Part of the timeline could not be loaded: {error}</span>
          <button type="button" onClick={() => device !== null && timeline.retry(device.id)}>
            Try again
          </button>
        </div>
      )}
      <div class="visually-hidden" aria-live="polite">
        {timeline.announcement.value}
      </div>
      {timeline.notice.value !== '' && (
        <p class="notice" aria-hidden="true">
          {timeline.notice.value}
        </p>
      )}
    </>
  );
}

export function TimelineView({ panel }: { panel: Panel }): JSX.Element {
  const { stage, head, body } = useStage(panel);
  const { timeline } = panel;
  const sessions = timeline.layout.value?.sessions.length ?? 0;
  const tall = headHeight(sessions, timeline.lanes.rows.value?.pinnedHeight ?? 0);
  return (
    <section class="timeline" aria-label="Timeline">
      <Toolbar panel={panel} />
      <div
        ref={stage}
        class="stage"
        tabIndex={0}
        role="group"
        aria-label={describe(panel)}
        aria-describedby="keys"
      >
        <span id="keys" class="visually-hidden">
          Arrow keys pan and zoom, F shows everything, N goes to the next contended interval, question mark
          lists all keys.
        </span>
        <div class="head" style={{ height: `${tall}px` }}>
          <HeadLabels panel={panel} />
          <canvas ref={head} aria-hidden="true" style={{ height: `${tall}px` }} />
          <RangeTag panel={panel} />
          <MarkNote panel={panel} />
        </div>
        <div class="body" style={{ height: `${timeline.lanes.rows.value?.height ?? 240}px` }}>
          <BodyLabels panel={panel} />
          <canvas
            ref={body}
            aria-hidden="true"
            style={{ height: `${timeline.lanes.rows.value?.height ?? 240}px` }}
          />
          <ShiftNote panel={panel} />
          {panel.isPainted.value && (
            <>
              <Tooltip panel={panel} />
              <Detail panel={panel} />
            </>
          )}
        </div>
      </div>
      <Legend panel={panel} />
      <Status panel={panel} />
    </section>
  );
}
