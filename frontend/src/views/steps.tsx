/** Step periods of each session over time, stacked: own device time, host, lost to other sessions. */
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Device, Report, StepTimes } from '../api/report';
import { formatDuration, plural } from '../base/format';
import { sessionColour } from '../base/palette';
import { lengthOf, px, type Span } from '../base/units';
import { partedByLoss } from '../model/many';
import { isServing, sharesText } from '../model/step_shares';
import {
  type Bar,
  barAt,
  barsOf,
  barText,
  countOf,
  longest,
  type Plot,
  pathsOf,
  topOf,
  xOf,
} from '../model/steps';
import { spanOf } from '../model/timeline';
import type { Panel } from '../state/panel';
import { Folded } from './folded';
import { nameIn, SessionName } from './session_name';

const HEIGHT = 72;
/** Before the first layout, and where there is none. */
const WIDTH = 560;

interface StepsProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH);
  useLayoutEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      // A hidden tab has no width to draw at.
      if (entry.contentRect.width > 0) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

const KEYS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  PageUp: (at, count) => at - Math.ceil(count / 10),
  PageDown: (at, count) => at + Math.ceil(count / 10),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Move the timeline to a step and bring it into sight. */
function show(panel: Panel, bar: Bar): void {
  panel.timeline.window.frame(bar);
  document.querySelector('.timeline')?.scrollIntoView({ block: 'nearest' });
}

interface ChartProperties {
  readonly panel: Panel;
  readonly times: StepTimes;
  readonly name: string;
  readonly colour: string;
  readonly view: Span;
  readonly hatch: string;
}

function Chart({ panel, times, name, colour, view, hatch }: ChartProperties): JSX.Element {
  const { element, width } = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const bars = useMemo(() => barsOf(times), [times]);
  const plot: Plot = { view, width: px(width), height: px(HEIGHT), top: topOf(bars) };
  const paths = useMemo(() => pathsOf(bars, plot), [bars, width, view]);
  const marked = at === null ? null : (bars[at] ?? null);
  const move = (to: number): void => setAt(Math.min(Math.max(to, 0), bars.length - 1));
  const pointed = (event: MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const part = (event.clientX - box.left) / Math.max(1, box.width);
    return barAt(bars, view.start + part * lengthOf(view));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = KEYS[event.key];
    if (action !== undefined) move(action(at ?? -1, bars.length));
    else if (event.key !== 'Enter' || marked === null) return;
    else show(panel, marked);
    event.preventDefault();
  };
  const text = marked === null ? null : barText(marked, times);
  const left = marked === null ? 0 : xOf(plot, marked.start);
  return (
    <>
      <div
        ref={element}
        class="chart"
        role="slider"
        tabIndex={0}
        aria-label={`Step times of ${name}; Enter shows the step in the timeline`}
        aria-valuemin={0}
        aria-valuemax={bars.length - 1}
        aria-valuenow={at ?? 0}
        aria-valuetext={text ?? sharesText(times)}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => move(pointed(event))}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
        onClick={(event) => {
          const bar = bars[pointed(event)];
          if (bar !== undefined) show(panel, bar);
        }}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <path class="host" d={paths.host} />
          <path d={paths.own} fill={colour} />
          <path d={paths.lost} fill={`url(#${hatch})`} stroke={colour} stroke-width="0.5" />
          <path class="cut" d={paths.cut} />
          {marked !== null && (
            <rect
              class="mark"
              x={left - 1}
              y={0.5}
              width={Math.max(2, xOf(plot, marked.end) - left) + 1}
              height={HEIGHT - 1}
            />
          )}
        </svg>
      </div>
      <p class="small muted value">
        {text ??
          `${plural(countOf(times), 'step')}, longest ${formatDuration(longest(bars))}, scale 0 – ${formatDuration(plot.top)}`}
      </p>
    </>
  );
}

/** Lost time is a hatch in the session's colour, here as on the timeline. */
function Hatch({ id, colour }: { id: string; colour: string }): JSX.Element {
  return (
    <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path d="M0 0V5" stroke={colour} stroke-width="3" />
    </pattern>
  );
}

export function StepsView({ panel, report, device }: StepsProperties): JSX.Element | null {
  const all = device.step_times.filter((times) => times.start_ns.length > 0);
  const view = useMemo(() => spanOf(device.window), [device]);
  if (all.length === 0) return null;
  const theme = panel.theme.value;
  const isShared = device.sessions.length > 1;
  const [most] = partedByLoss(device);
  const first = all.filter(({ session }) => most.includes(session));
  const chart = (times: StepTimes): JSX.Element => {
    const index = Math.max(0, device.sessions.indexOf(times.session));
    const colour = sessionColour(theme, index);
    const hatch = `hatch-${index}`;
    return (
      <div key={times.session} class="step-times">
        <svg class="definitions" width="0" height="0" aria-hidden="true">
          <defs>
            <Hatch id={hatch} colour={colour} />
          </defs>
        </svg>
        <p>
          <SessionName {...{ report, device, theme, id: times.session }} />{' '}
          <span class="muted">{sharesText(times, isShared, isServing(device, times.session))}</span>
        </p>
        <Chart {...{ panel, times, colour, view, hatch, name: nameIn(report, times.session) }} />
      </div>
    );
  };
  return (
    <section class="steps" aria-labelledby="steps">
      <h2 id="steps">
        Step times{' '}
        <span class="legend muted">
          <i class="own" /> own device time <i class="host" /> host
          {isShared && (
            <>
              <i class="lost" /> lost to other sessions
            </>
          )}
        </span>
      </h2>
      {first.map(chart)}
      <Folded count={all.length - first.length} one="more session">
        {() => <>{all.filter((each) => !first.includes(each)).map(chart)}</>}
      </Folded>
    </section>
  );
}
