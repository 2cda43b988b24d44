/** How long a kernel takes, contended against undisturbed: two small histograms over one logarithmic scale. */
import type { JSX } from 'preact';
import type { KernelDistribution } from '../api/report';
import { formatCount, formatDuration } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { type Ns, ns } from '../base/units';

const [WIDTH, HIGH, GAP] = [360, 34, 16];

const shareOf = (counts: readonly number[]): number => Math.max(1, ...counts);

interface BarsProperties {
  readonly counts: readonly number[];
  readonly top: number;
  readonly fill: string;
  readonly stroke?: string;
}

function Bars({ counts, top, fill, stroke }: BarsProperties): JSX.Element {
  const [most, width] = [shareOf(counts), WIDTH / Math.max(1, counts.length)];
  const bars = counts.flatMap((count, index) => {
    const height = count === 0 ? 0 : Math.max(1, (HIGH * count) / most);
    return height === 0
      ? []
      : [`M${index * width} ${top + HIGH}v${-height}h${Math.max(1, width - 1)}v${height}z`];
  });
  return <path d={bars.join('')} fill={fill} stroke={stroke} />;
}

const median = (value: Ns | null): string => (value === null ? '' : `, median ${formatDuration(value)}`);

export function DistributionView({
  distribution,
  theme,
  session,
}: {
  distribution: KernelDistribution;
  theme: Theme;
  session: number;
}): JSX.Element | null {
  const { edges_ns: edges, contended, undisturbed } = distribution;
  if (edges.length < 2) return null;
  const colour = sessionColour(theme, Math.max(0, session));
  const words = [
    `${formatCount(distribution.count_undisturbed)} undisturbed${median(distribution.median_undisturbed_ns)}`,
    `${formatCount(distribution.count_contended)} contended${median(distribution.median_contended_ns)}`,
  ];
  const height = 2 * HIGH + GAP;
  return (
    <figure class="distribution">
      <figcaption class="small muted">
        All kernels of this name: {words[0]}; {words[1]}. Logarithmic scale, {formatDuration(ns(edges[0]))} to{' '}
        {formatDuration(ns(edges[edges.length - 1]))}.
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        width={WIDTH}
        height={height}
        role="img"
        aria-label={words.join('; ')}
      >
        <Bars counts={undisturbed} top={0} fill={colour} />
        <Bars counts={contended} top={HIGH + GAP} fill="none" stroke={colour} />
        <line class="axis" x1={0} x2={WIDTH} y1={HIGH + 0.5} y2={HIGH + 0.5} />
        <line class="axis" x1={0} x2={WIDTH} y1={height - 0.5} y2={height - 0.5} />
      </svg>
    </figure>
  );
}
