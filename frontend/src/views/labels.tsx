/** The left column of the timeline, as document text: it can be selected, searched and read aloud. */
import type { JSX } from 'preact';
import { formatBytes, formatUtc, plural } from '../base/format';
import { roundOf, sessionColour } from '../base/palette';
import { bytes, lengthOf, ns } from '../base/units';
import { headRows, pinnedBoxes } from '../model/head';
import { type MemoryLayout, memoryTicks, peakMarks, topOf } from '../model/memory';
import { type GroupBox, HEADING, type LaneBox } from '../model/rows';
import type { Panel } from '../state/panel';
import { Chip } from './chip';
import { movedText, signed } from './moved';

/** "2026-01-01 12:00:00.000 UTC" of the start of the timeline. */
function wallClock(panel: Panel): string | null {
  const origin = panel.report.value?.origin_ns ?? null;
  const start = panel.timeline.extent.value?.start;
  if (origin === null || start === undefined) return null;
  return `${formatUtc(ns(origin + start), 23)} UTC`;
}

export function HeadLabels({ panel }: { panel: Panel }): JSX.Element {
  const layout = panel.timeline.layout.value;
  const rows = headRows(layout?.sessions.length ?? 0);
  const intervals = panel.timeline.content.contended.value;
  const count = intervals.reduce((sum, interval) => sum + interval.count, 0);
  const clock = wallClock(panel);
  const placed = panel.timeline.lanes.rows.value;
  const pinned = placed === null ? [] : pinnedBoxes(placed, layout?.sessions.length ?? 0);
  return (
    <div class="labels">
      <span class="label muted" style={{ top: `${Math.max(4, rows.minimap / 2 - 6)}px` }}>
        whole capture
      </span>
      {clock !== null && (
        <span class="label tiny muted" style={{ top: `${rows.ruler - 6}px` }} title={`0 is ${clock}`}>
          0 = {clock.slice(11)}
        </span>
      )}
      <span class="label strong" style={{ top: `${rows.band + 1}px` }}>
        Contention
      </span>
      <span class="label small muted" style={{ top: `${rows.band + 16}px` }}>
        {plural(count, 'interval')} in view
      </span>
      {pinned.map((box) => (
        <LaneLabel key={box.lane.lane} panel={panel} box={box} isPinned />
      ))}
    </div>
  );
}

/** The name of a lane; buttons that pin it or leave it out show with the pointer or the keyboard on them. */
function LaneLabel({
  panel,
  box,
  isPinned = false,
}: {
  panel: Panel;
  box: LaneBox;
  isPinned?: boolean;
}): JSX.Element {
  const { lane, top, height } = box;
  const { timeline } = panel;
  return (
    <span class="label lane" data-kind={lane.kind} style={{ top: `${top + height / 2 - 8}px` }}>
      <span class="small muted clip" title={`${lane.title} · ${plural(lane.events, 'event')}`}>
        {isPinned && <Chip theme={panel.theme.value} index={lane.session} />} {lane.label}
      </span>
      <button
        type="button"
        class="lane-button"
        aria-pressed={isPinned}
        aria-label={`${isPinned ? 'Unpin' : 'Pin'} ${lane.label}`}
        title={isPinned ? 'Unpin' : 'Keep visible below the ruler'}
        onClick={() => timeline.lanes.pin(lane.lane)}
      >
        ⌖
      </button>
      <button
        type="button"
        class="lane-button"
        aria-label={`Hide ${lane.label}`}
        title="Hide; the Lanes menu brings it back"
        onClick={() => timeline.lanes.arrange('hiddenLanes', lane.lane)}
      >
        ×
      </button>
    </span>
  );
}

/** A colour that comes again has a double line, the next time a dashed one. */
const shellOf = (round: number, height: number): string =>
  ['shell', ['', 'again', 'third'][Math.min(2, round)], height < HEADING ? 'slim' : '']
    .filter(Boolean)
    .join(' ');

function GroupLabels({ panel, group }: { panel: Panel; group: GroupBox }): JSX.Element {
  const { timeline, theme, report } = panel;
  const entry = timeline.layout.value?.sessions[group.session];
  const session = report.value?.sessions.find((each) => each.id === entry?.id);
  const name = timeline.nameOf(group.session);
  const by = session === undefined ? null : panel.byHand.movedBy(session);
  const pid = session?.process_id ?? null;
  const where = [session?.host, pid === null ? null : `pid ${pid}`].filter(Boolean).join(' · ');
  const colour = sessionColour(theme.value, group.session);
  const isTall = group.height >= HEADING;
  return (
    <>
      <div
        class={shellOf(roundOf(theme.value, group.session), group.height)}
        style={{ top: `${group.top}px`, height: `${group.height}px`, borderColor: colour }}
      >
        <button
          type="button"
          class="fold"
          aria-expanded={!group.folded}
          aria-label={`Lanes of ${name}`}
          onClick={() => timeline.lanes.arrange('folded', group.session)}
        >
          {group.folded ? '▸' : '▾'}
        </button>
        <span class="strong clip" title={`${entry?.id} · ${where}`}>
          <Chip theme={theme.value} index={group.session} />{' '}
          {!isTall && by !== null && <span class="moved-by">{signed(by)}</span>} {name}
        </span>
        {isTall && by === null && (
          <span class="small muted clip" title={where}>
            {where}
          </span>
        )}
        {isTall && by !== null && (
          <span class="small moved-by clip" title={`${movedText(by)} · ${where}`}>
            moved {signed(by)}
          </span>
        )}
      </div>
      {group.stalls !== null && (
        <span
          class="label lane tiny muted clip"
          style={{ top: `${group.stalls.top - 3}px` }}
          title="Work that waited while other sessions had the device"
        >
          stalls
        </span>
      )}
      {group.lanes.map((box) => (
        <LaneLabel key={box.lane.lane} panel={panel} box={box} />
      ))}
    </>
  );
}

interface MemoryMarksProperties {
  readonly panel: Panel;
  readonly memory: MemoryLayout;
  readonly top: number;
}

/** The peaks of the track as buttons, for those who do not click on pictures. */
function MemoryMarks({ panel, memory, top }: MemoryMarksProperties): JSX.Element {
  const { timeline } = panel;
  return (
    <span class="label marks" style={{ top: `${top}px` }}>
      {peakMarks(memory).map(({ session, at }) => {
        const what = session === null ? 'the combined peak' : `the peak of ${timeline.nameOf(session)}`;
        return (
          <button
            key={session ?? 'all'}
            type="button"
            class="peak-mark"
            aria-label={`Show what holds ${what}`}
            title={`Show what holds ${what}`}
            onClick={() => timeline.memoryCursor.showAt(at)}
          >
            {session === null ? 'peak' : <Chip theme={panel.theme.value} index={session} />}
          </button>
        );
      })}
    </span>
  );
}

function MemoryLabels({ panel }: { panel: Panel }): JSX.Element | null {
  const { lanes, layout } = panel.timeline;
  const [box, memory] = [lanes.rows.value?.memory ?? null, layout.value?.memory ?? null];
  if (box === null || memory === null) return null;
  const most = topOf(memory);
  const hasLimits = memory.limit_bytes.some((limit) => limit !== null);
  const unknown = panel.device.value?.memory?.sessions_without_data ?? [];
  return (
    <>
      <span class="label strong" style={{ top: `${box.top - 12}px` }}>
        Memory
      </span>
      <span class="label small muted" style={{ top: `${box.top + 4}px` }}>
        {memory.sessions.length > 0 ? 'in use, stacked' : 'allocated in total'}
      </span>
      {hasLimits && (
        <span class="label tiny muted" style={{ top: `${box.top + 19}px` }}>
          hatched: up to the limits
        </span>
      )}
      <MemoryMarks panel={panel} memory={memory} top={box.top + 40} />
      {unknown.length > 0 && (
        <span
          class="label tiny muted"
          style={{ top: `${box.top + 68}px` }}
          title={unknown.map((id) => panel.labelOf(id)).join('\n')}
        >
          {plural(unknown.length, 'session')} unknown
        </span>
      )}
      {memoryTicks(most).map((mark) => (
        <span
          key={mark}
          class="tick small muted"
          style={{ top: `${box.top + box.height - (mark / most) * box.height - 8}px` }}
        >
          {mark === 0 ? '0' : formatBytes(bytes(mark))}
        </span>
      ))}
    </>
  );
}

export function BodyLabels({ panel }: { panel: Panel }): JSX.Element {
  const rows = panel.timeline.lanes.rows.value;
  const extent = panel.timeline.extent.value;
  return (
    <div class="labels" data-length={extent === null ? '' : lengthOf(extent)}>
      {rows?.groups.map((group) => (
        <GroupLabels key={group.session} panel={panel} group={group} />
      ))}
      <MemoryLabels panel={panel} />
    </div>
  );
}
