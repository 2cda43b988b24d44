/** The time of the whole directory as a strip: a click opens a group; the chooser is the same for the keyboard. */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatUtc, plural } from '../base/format';
import { type Px, px } from '../base/units';
import type { Canvas2DRenderer } from '../canvas/canvas2d';
import { paintStrip, STRIP_HEIGHT } from '../canvas/strip';
import { columnAt, columnsOf, type Strip, type StripColumn, stripOf } from '../model/strip';
import { Frame } from '../state/activity';
import type { Panel } from '../state/panel';
import { rendererOf, watchDensity, watchWidth } from './drawing';

/** "2026-01-01 12:00". */
const MINUTES = 16;

/** What a click opens, and how many others share its place. */
export function columnText({ shared, alone, first }: StripColumn): string {
  const others = shared + alone - 1;
  return others === 0 ? first.title : `${first.title}, and ${plural(others, 'other group')} at this time`;
}

/** The canvas follows the strip, the theme, the current group and the pointer. */
function useStripCanvas(
  panel: Panel,
  strip: Strip | null,
  hovered: number | null,
  onWidth: (width: Px) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<Canvas2DRenderer | null>(null);
  const draw = useRef((): void => {});
  const [frame] = useState(() => new Frame(() => draw.current()));
  draw.current = (): void => {
    const group = panel.summary.peek()?.group ?? null;
    if (strip === null || renderer.current === null) return;
    renderer.current.resize(strip.width, STRIP_HEIGHT, window.devicePixelRatio || 1);
    const current = group === null ? null : columnsOf(group, strip);
    paintStrip(renderer.current, strip, panel.theme.peek(), { current, hovered });
  };
  useLayoutEffect(() => {
    if (canvas.current === null) return;
    renderer.current = rendererOf(canvas.current);
    const off = new AbortController();
    watchWidth(canvas.current, onWidth, off.signal);
    watchDensity(() => frame.request(), off.signal);
    return () => {
      off.abort();
      frame.cancel();
    };
  }, []);
  useLayoutEffect(() => frame.request(), [strip, hovered]);
  useSignalEffect(() => {
    panel.theme.value;
    panel.summary.value?.group;
    if (panel.host.isShown.value) frame.request();
    else frame.cancel();
  });
  return canvas;
}

export function GroupStrip({ panel }: { panel: Panel }): JSX.Element | null {
  const list = panel.groups.list.value;
  const [width, setWidth] = useState(px(0));
  const [hovered, setHovered] = useState<StripColumn | null>(null);
  // The width is that of the element, which is there only when there is a line: any will do to find out.
  const strip = useMemo(() => stripOf(list ?? [], width || px(1)), [list, width]);
  const canvas = useStripCanvas(panel, strip, hovered?.x ?? null, setWidth);
  const columnUnder = (event: MouseEvent): StripColumn | null => {
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    return strip === null ? null : columnAt(strip, event.clientX - left);
  };
  return (
    <div class="group-strip" hidden={strip === null}>
      <canvas
        ref={canvas}
        aria-hidden="true"
        style={{ height: `${STRIP_HEIGHT}px`, cursor: hovered === null ? 'default' : 'pointer' }}
        onPointerMove={(event) => setHovered(columnUnder(event))}
        onPointerLeave={() => setHovered(null)}
        onClick={(event) => {
          const column = columnUnder(event);
          if (column !== null) panel.chooseGroup(column.first.id);
        }}
      />
      {strip !== null && (
        <div class="tiny muted">
          <span>{formatUtc(strip.span.start, MINUTES)}</span>
          <span>
            {formatUtc(strip.span.end, MINUTES)} UTC
            {strip.unclocked > 0 && `, ${plural(strip.unclocked, 'group')} without a clock not shown`}
          </span>
        </div>
      )}
      {hovered !== null && (
        <div class="strip-tip small" role="tooltip">
          {columnText(hovered)}
        </div>
      )}
    </div>
  );
}
