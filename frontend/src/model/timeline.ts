/** The timeline's own words for what the layout route says. */
import type { Layout, LayoutLane, WireSpan } from '../api/report';
import { type Span, span } from '../base/units';

export type TimelineLayout = Layout;
export type TimelineLane = LayoutLane;

export const spanOf = (wire: WireSpan): Span => span(wire.start_ns, wire.end_ns);

export type { LaneTrack } from '../api/tile';
