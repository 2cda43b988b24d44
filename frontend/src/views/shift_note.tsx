/** While a session is dragged: by how much, and the overlap that results. */
import type { JSX } from 'preact';
import { formatDuration, formatShare } from '../base/format';
import type { Panel } from '../state/panel';

export function ShiftNote({ panel }: { panel: Panel }): JSX.Element | null {
  const move = panel.shifting.move.value;
  const [rows, device] = [panel.timeline.lanes.rows.value, panel.device.value];
  if (move === null || rows === null || device === null) return null;
  const group = rows.groups.find(({ session }) => session === move.session);
  const shifted = panel.shifting.shifted.value?.time ?? null;
  const { contended_ns: before, window_ns: window } = device.time;
  const share = (part: number, whole: number): string => `${formatShare(part, whole)} of the window`;
  return (
    <div class="tooltip shift-note" role="status" style={{ top: `${(group?.top ?? 0) + 46}px` }}>
      <strong>
        {move.by < 0 ? '−' : '+'}
        {formatDuration(Math.abs(move.by) as typeof move.by)}
      </strong>{' '}
      overlap: {formatDuration(before)} ({share(before, window)}) →{' '}
      {shifted === null
        ? '…'
        : `${formatDuration(shifted.contended_ns)} (${share(shifted.contended_ns, shifted.window_ns)})`}
      <div class="muted">Release to apply this shift; reset, above the verdict, takes it back.</div>
    </div>
  );
}
