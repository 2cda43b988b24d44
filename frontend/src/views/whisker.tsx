/** The interval of a slowdown on the device's scale: a line with ends, a dot at the estimate, a mark at 1. */
import type { JSX } from 'preact';
import type { Slowdown, SlowdownScale } from '../api/report';
import { times } from '../base/format';
import { whiskerOf } from '../model/slowdown';

const WIDTH = 200;
const INSET = 5;

const xOf = (part: number): number => INSET + part * (WIDTH - 2 * INSET);

/** The numbers stand beside it as text: the picture is for comparing sessions. */
export function WhiskerView({
  slowdown,
  scale,
  colour,
}: {
  slowdown: Slowdown;
  scale: SlowdownScale;
  colour: string;
}): JSX.Element | null {
  const whisker = whiskerOf(slowdown, scale);
  if (whisker === null) return null;
  const [low, high, one] = [whisker.low, whisker.high, whisker.one].map(xOf);
  const caps = whisker.open ? `M${low} 4v8` : `M${low} 4v8M${high} 4v8`;
  return (
    <svg class="whisker" viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
      <title>{`Scale ${times(scale.low)} to ${times(scale.high)}; the grey mark is at 1.00×, no slowdown`}</title>
      <path class="axis" d={`M${INSET} 8H${WIDTH - INSET}`} />
      <path class="one" d={`M${one} 1v14`} />
      <path
        d={`M${low} 8H${Math.max(high, low + 1)}${caps}`}
        stroke={colour}
        stroke-dasharray={whisker.estimate === null ? '3 2' : undefined}
      />
      {whisker.estimate !== null && <circle cx={xOf(whisker.estimate)} cy="8" r="4" fill={colour} />}
    </svg>
  );
}
