/** A term with its explanation: shown under the pointer and at the keyboard's focus, and read aloud as its description. */
import type { ComponentChildren, JSX } from 'preact';

/** For those who meet these words for the first time. */
export const MEANS = {
  slowdown:
    'How many times as long its work takes as it would alone: 1.5× means that 10 s alone become 15 s. ' +
    'The range behind it is the 90 % interval: nine of ten such ranges hold the true value. ' +
    'On the axis the dot is the estimate, the line its range, and the grey mark is at 1.00×, no slowdown.',
  evidence:
    'Class A: measured, against a capture of the session alone or by recorded context switches. ' +
    'Class B: estimated from its own undisturbed kernels. ' +
    'Class C: estimated from what the sharing mechanism leaves undisturbed. Class D: bounded, not estimated.',
  parts:
    'How its steps divide. Own: its kernels and copies as they take alone. Host: the program prepares, launches or waits for input. ' +
    'Lost: what other sessions added. A server is delayed instead: its requests wait, and it makes up for it between them.',
  contended:
    'Contended: time in which this session and another one had work on the device at once. ' +
    'Clock: how far the clock of this trace may be wrong against those of the others.',
  blame:
    'Time that the session of a row lost because of the session of a column, and its share of what the row lost. ' +
    'Of a server, by how much each request takes longer.',
  memory:
    'The highest sum, at one instant, of the bytes that the allocators of all sessions had in use, of what the device has.',
  schedule: 'What is changed against the recorded run, and below it what the prediction assumes.',
  predicted:
    'Slowdown under that schedule: 1.00× is as fast as alone. The estimate, and below it the range that the recording leaves open.',
  done: 'Time until the recorded work of all sessions is done.',
  peak: 'Combined memory peak under that schedule, and whether it fits; "up to" where peaks may coincide.',
  STP: 'System throughput, the sum of the progress of all sessions: 1 = no better than one after the other, 2 = as much as two devices.',
  ANTT: 'Average normalised turnaround time, the mean slowdown of the sessions: 1 = as fast as alone.',
  fairness:
    'The least slowdown divided by the largest: 1 = all are slowed equally, near 0 = one session pays for all.',
  Jain: "Jain's index of how evenly the sessions progress: 1 = equally, 1 divided by their number = only one progresses.",
} as const;

interface ExplainedProperties {
  readonly means: string;
  readonly children: ComponentChildren;
}

/** `hints.tsx` shows what it means. */
export function Explained({ means, children }: ExplainedProperties): JSX.Element {
  return (
    <button type="button" class="term" data-means={means}>
      {children}
    </button>
  );
}
